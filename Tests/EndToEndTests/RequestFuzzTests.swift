import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Schemathesis makes requests of the daemon's own description, valid ones and broken ones.
    @Suite struct RequestFuzzTests {
        @Test(.enabled(if: ReferencePython.path != nil, "needs the packages of Tests/Reference/requirements.txt"))
        func noRequestOfTheDescriptionIsAServerError() throws {
            let run = try RunFolder()
            try run.publish([24, 48])
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(48)
            let said = try ReferencePython.run(
                script: ExampleRun.repository + "Tests/Faults/fuzz_api.py", [run.socket, "--examples", "10"])
            #expect(said.contains("No issues found"), "\(said)")
            try daemon.stop()
        }
    }
}
