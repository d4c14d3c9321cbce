import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// What the daemon refuses to write, and what it says of its own account.
    @Suite struct RightsTests {
        private static let isRoot = geteuid() == 0

        @Test(.enabled(if: isRoot, "needs root")) func asRootItWorksAndSaysOnceWhyAnOwnAccountIsBetter() throws {
            let run = try RunFolder()
            try run.publish(24)
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(24)
            let lines = try daemon.stop().errors.split(separator: "\n").filter { $0.contains("running as root") }
            #expect(lines.count == 1)
            #expect(lines.first?.contains("account of its own") == true)
        }

        @Test(.enabled(if: isRoot, "needs root to become somebody else")) func asSomebodyElseItDoesNotSaySo() throws {
            let run = try RunFolder()
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: run.place.path)
            let daemon = try LiveDaemon(run, as: 65534)
            #expect(!(try daemon.stop().errors.contains("running as root")))
        }

        @Test(arguments: ["store", "socket", "emit", "tensorboard"])
        func nothingIsWrittenIntoTheWatchedFolder(what: String) throws {
            let run = try RunFolder()
            try FileManager.default.createSymbolicLink(
                atPath: run.place.path("elsewhere"), withDestinationPath: run.watched)
            let inside = run.place.path("elsewhere/new")
            let key = [
                "store": "ALPHARL_STORE_PATH", "socket": "ALPHARL_SOCKET_PATH", "emit": "ALPHARL_EMIT_DIRECTORY",
                "tensorboard": "ALPHARL_METRICS_TENSORBOARD",
            ]
            let outcome = try Alpharl.run(
                ["serve", "--config", run.configuration], adding: [try #require(key[what]): inside])
            #expect(outcome.status == 78, "\(outcome)")
            #expect(outcome.complaint?.contains("lies inside the watched folder \(run.watched)") == true, "\(outcome)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: run.watched) == [])
        }
    }
}
