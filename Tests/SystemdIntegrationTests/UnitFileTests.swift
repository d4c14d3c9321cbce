import Foundation
import Glibc
import Testing

@Suite struct UnitFileTests {
    private static let unit = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "deploy/systemd/alpharl@.service")
    private static let hasAnalyzer = access("/usr/bin/systemd-analyze", X_OK) == 0

    private func run(_ arguments: [String]) async throws -> (status: Int32, output: String) {
        try await onThread {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/systemd-analyze")
            process.arguments = arguments
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return (process.terminationStatus, text)
        }
    }

    /// The unit as installed, but for a program that exists on every machine.
    private func withInstance(_ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/alpharl-unit-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let text = try String(contentsOf: Self.unit, encoding: .utf8)
        let path = folder + "/alpharl@.service"
        try text.replacing("/usr/bin/alpharl", with: "/bin/true").write(toFile: path, atomically: true, encoding: .utf8)
        try await body(path)
    }

    /// systemd-analyze prints unknown keys and bad values and exits 0 all the same: any word is an error.
    @Test(.enabled(if: hasAnalyzer, "needs systemd-analyze"))
    func everyLineIsUnderstood() async throws {
        try await withInstance { path in
            let result = try await run(["verify", "--man=no", path])
            #expect(result.status == 0)
            #expect(result.output == "")
        }
    }

    @Test(.enabled(if: hasAnalyzer, "needs systemd-analyze"))
    func exposureIsAtMostOne() async throws {
        try await withInstance { path in
            let result = try await run(["security", "--offline=true", "--threshold=10", "--no-pager", path])
            #expect(result.status == 0, "\(result.output.suffix(200))")
        }
    }

    @Test func watchdogKillsAndTyposDoNotLoop() throws {
        let lines = try String(contentsOf: Self.unit, encoding: .utf8).split(separator: "\n")
        for line in [
            "Type=notify", "TimeoutAbortSec=5", "WatchdogSec=60", "RestartPreventExitStatus=64 78",
            "RuntimeDirectoryPreserve=yes", "ExecStart=/usr/bin/alpharl serve --config /etc/alpharl/%i.toml",
        ] {
            #expect(lines.contains { $0 == line }, "\(line)")
        }
    }
}
