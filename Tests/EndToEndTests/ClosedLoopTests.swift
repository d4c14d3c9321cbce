import Foundation
import StatusAPI
import TestSupport
import Testing
import Vocabulary

extension EndToEnd {
    /// A command after each prediction, and what it measures, with the real binary.
    @Suite struct ClosedLoopTests {
        /// The configuration of docs/guides/closed-loop.md, for a run of this test.
        private func followGuide(_ run: RunFolder) throws {
            let page = try String(contentsOfFile: ExampleRun.repository + "docs/guides/closed-loop.md", encoding: .utf8)
            let block = try #require(page.components(separatedBy: "```toml\n").dropFirst().first)
            var text = try #require(block.components(separatedBy: "```").first)
            let places = [
                "/srv/addition/run": run.watched, "/srv/addition/base": try ExampleRun.base(),
                "/srv/addition/predicted": run.emitted, "/srv/addition/store.sqlite": run.store,
                "/srv/addition/alpharl.sock": run.socket, "/srv/alpharl/": ExampleRun.repository,
                "\"python3\"": "\"\(try #require(ReferencePython.path))\"",
            ]
            for (place, here) in places {
                #expect(text.contains(place), "the guide does not say \(place) any more")
                text = text.replacing(place, with: here)
            }
            try text.write(toFile: run.configuration, atomically: true, encoding: .utf8)
        }

        @Test(.enabled(if: ReferencePython.path != nil, "ALPHARL_TEST_PYTHON is not set"))
        func theGuidesConfigurationMeasuresAPredictionOfTheExampleRun() throws {
            let run = try RunFolder()
            try followGuide(run)
            try run.publish(stride(from: 24, through: 168, by: 24))
            let daemon = try LiveDaemon(run)
            let event = try daemon.event { event in
                guard case .metric(let metric) = event.body else { return false }
                return metric.prediction != nil
            }
            guard case .metric(let metric) = event.body else { return }
            let prediction = try #require(try daemon.predictions().first { $0.id == metric.prediction })
            let start = try daemon.checkpoint(prediction.fromStep.value)
            // Measured by hand: 0.5653 at step 168, 0.6455 for step 264 predicted from it.
            let accuracy = try #require(prediction.accuracy)
            let startAccuracy = try #require(start.accuracy)
            #expect(start.accuracySource == "api")
            #expect(startAccuracy > 0.5 && accuracy > startAccuracy, "\(startAccuracy) to \(accuracy)")
            let status = try daemon.status()
            #expect(status.predictions.first { $0.id == prediction.id }?.accuracy == accuracy)
            #expect(status.lastError == nil)
            #expect(
                daemon.process.errors.contains("on_emit ended with status 0", before: Date(timeIntervalSinceNow: 60)))
            #expect(daemon.process.errors.text.contains("prediction \(prediction.id): accuracy 0.6"))
            try daemon.stop()
        }

        /// The script of a command that blocks when it is first started, holding a named pipe open, and does its work
        /// the second time.
        private func blockingCommand(_ run: RunFolder) throws -> (script: String, pipe: String) {
            let pipe = run.place.path("pipe")
            try Tool.run("/usr/bin/env", ["mkfifo", pipe])
            let script = try run.place.write(
                """
                #!/bin/sh
                cd "$(dirname "$0")" || exit 1
                if [ -e started ]; then echo "again $1"; exit 0; fi
                touch started
                exec 9> pipe
                (trap '' TERM; exec sleep 3000) &
                echo running >&9
                wait
                """, to: "command.sh")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
            return (script, pipe)
        }

        @Test func aCommandThatBlocksHoldsUpNothingEndsWithTheDaemonAndIsRunAgain() throws {
            let run = try RunFolder()
            let (script, pipe) = try blockingCommand(run)
            let text = try String(contentsOfFile: run.configuration, encoding: .utf8)
            try text.replacing("[emit]\n", with: "[emit]\non_emit = [\"\(script)\", \"{id}\"]\n")
                .write(toFile: run.configuration, atomically: true, encoding: .utf8)
            try run.publish([24, 48, 72])
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(72)
            let processes = try ChildProcess("/bin/cat", [pipe], environment: [:])
            let accepted = try daemon.client.send(
                "POST", "/v1/predictions", PredictionRequest(targetStep: TrainingStep(96), force: true),
                as: PredictionAccepted.self)
            #expect(processes.output.contains("running", before: Date(timeIntervalSinceNow: 60)))
            try run.publish(96)
            try daemon.waitUntilRecorded(96)
            try daemon.stop()
            // The pipe ends when the last process of the command's group has: a child that ignores SIGTERM too.
            #expect(try processes.wait(seconds: 60).end == .exit(0))

            let next = try LiveDaemon(run)
            #expect(
                next.process.errors.contains(
                    "on_emit: again \(accepted.id)", before: Date(timeIntervalSinceNow: 60)))
            #expect(
                next.process.errors.contains("on_emit ended with status 0", before: Date(timeIntervalSinceNow: 60)))
            #expect(try next.status().lastError == nil)
            try next.stop()
        }

        @Test func aFailingCommandShowsInTheStatusAndTheDaemonGoesOn() throws {
            let run = try RunFolder(["emit": ["on_emit = [\"/bin/sh\", \"-c\", \"echo no GPU; exit 4\"]"]])
            try run.publish([24, 48, 72])
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(72)
            _ = try daemon.client.send(
                "POST", "/v1/predictions", PredictionRequest(targetStep: TrainingStep(96), force: true),
                as: PredictionAccepted.self)
            try daemon.event { event in
                guard case .warning(let warning) = event.body else { return false }
                return warning.message.contains("ended with status 4") && warning.message.contains("no GPU")
            }
            try daemon.poll("failed command in the status") {
                try daemon.status().lastError?.contains("after prediction 1 failed: it ended with status 4") == true
            }
            try run.publish(96)
            try daemon.waitUntilRecorded(96)
            try daemon.stop()
        }
    }
}
