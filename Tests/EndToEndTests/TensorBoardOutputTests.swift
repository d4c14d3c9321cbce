import Foundation
import StatusAPI
import TestSupport
import Testing
import Vocabulary

extension EndToEnd {
    /// `metrics.tensorboard`, read back by the tensorboard package.
    @Suite(.enabled(if: ReferencePython.path != nil)) struct TensorBoardOutputTests {
        /// What `read_tensorboard.py` prints: each tag with its steps and values as TensorBoard would show them.
        private struct Course: Decodable, Equatable {
            struct Point: Decodable, Equatable {
                var step: Int
                var value: Double
            }
            struct Text: Decodable, Equatable {
                var step: Int
                var text: String
            }
            var scalars: [String: [Point]]
            var texts: [String: [Text]]
        }

        private func course(of folder: String) throws -> Course {
            let text = try ReferencePython.run(
                script: ExampleRun.repository + "Tests/Reference/read_tensorboard.py", [folder])
            return try JSONDecoder().decode(Course.self, from: Data(text.utf8))
        }

        /// A killed daemon, one that is stopped, and one that is run once: nothing twice, nothing missing, and the values
        /// of the socket.
        @Test func curvesAreThoseOfTheStoreAcrossKillAndRestart() throws {
            let logs = try TemporaryDirectory()
            let folder = logs.path("tensorboard")
            let run = try RunFolder(["metrics": ["tensorboard = \"\(folder)\""]])
            try run.publish([24, 48, 72])
            var daemon = try LiveDaemon(run)
            try daemon.waitUntilIdle(recorded: 3)
            try daemon.kill()
            // The last record of the killed one may be cut short; here it is.
            let file = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
            let bytes = try Data(contentsOf: URL(filePath: folder + "/" + file))
            try bytes.dropLast(7).write(to: URL(filePath: folder + "/" + file))
            try run.publish([96, 120, 144, 168, 192])
            daemon = try LiveDaemon(run)
            try daemon.waitUntilIdle(recorded: 8)
            let predictions = try daemon.predictions()
            let prediction = try #require(predictions.first)
            let post = MetricPost(subject: .prediction(prediction.id), accuracy: 0.625)
            _ = try daemon.client.send("POST", "/v1/metrics", post, as: MetricsAccepted.self)
            let history = try daemon.client.get("/v1/history", as: RunHistory.self)
            let checkpoints = try daemon.checkpoints()
            try daemon.stop()
            #expect(try Alpharl.run(["serve", "--config", run.configuration, "--once"]).status == 0)

            let course = try course(of: folder)
            func expect(_ tag: String, _ values: [(TrainingStep, Double?)]) {
                let expected = values.compactMap { step, value in
                    value.map { Course.Point(step: step.value, value: Double(Float($0))) }
                }
                #expect(course.scalars["alpharl/" + tag] ?? [] == expected, "\(tag)")
            }
            expect("confidence", history.verdicts.map { ($0.step, $0.confidence) })
            expect("skill", history.verdicts.map { ($0.step, $0.skill) })
            expect("horizon", history.verdicts.map { ($0.step, $0.horizon) })
            expect("proven_horizon", history.verdicts.map { ($0.step, $0.provenHorizon) })
            expect("energy_share", history.verdicts.map { ($0.step, $0.energyShare) })
            expect("direction_cosine", history.verdicts.map { ($0.step, $0.directionCosine) })
            expect("recording_seconds", checkpoints.map { ($0.step, $0.seconds) })
            expect("prediction_accuracy", [(prediction.step, 0.625)])
            #expect(course.scalars["alpharl/confidence"]?.count == 8)
            let texts = try #require(course.texts["alpharl/prediction_full"])
            #expect(texts.map(\.step) == predictions.map(\.fromStep.value))
            #expect(try texts[0].text.contains(#require(prediction.path)))
        }

        /// Somebody tidies up: everything is there again after the next recording, in files of a later name.
        @Test func folderThatIsDeletedIsWrittenAgainAtTheNextRecording() throws {
            let logs = try TemporaryDirectory()
            let folder = logs.path("tensorboard")
            let run = try RunFolder(["metrics": ["tensorboard = \"\(folder)\""]])
            try run.publish([24, 48])
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilIdle(recorded: 2)
            try daemon.poll("two steps") {
                FileManager.default.fileExists(atPath: folder)
                    && (try? course(of: folder).scalars["alpharl/energy_share"]?.count) == 2
            }
            // W&B follows the files of its own machine only, by their names.
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.allSatisfy { $0.hasSuffix(".\(ProcessInfo.processInfo.hostName).alpharl.test") }, "\(names)")
            try FileManager.default.removeItem(atPath: folder)
            try run.publish(72)
            try daemon.waitUntilIdle(recorded: 3)
            try daemon.poll("three steps") {
                FileManager.default.fileExists(atPath: folder)
                    && (try? course(of: folder).scalars["alpharl/energy_share"]?.map(\.step)) == [24, 48, 72]
            }
            try daemon.stop()
        }

        /// What TensorBoard lacks is no reason to call a run that was recorded a failure.
        @Test func runningOnceDoesNotDependOnIt() throws {
            let logs = try TemporaryDirectory()
            let folder = try logs.write("a file in the way", to: "tensorboard")
            let run = try RunFolder(["metrics": ["tensorboard = \"\(folder)\""]])
            try run.publish([24, 48])
            let outcome = try Alpharl.run(["serve", "--config", run.configuration, "--once"], home: run.place.path)
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output.contains("2 checkpoints") && outcome.output.contains("cannot write for TensorBoard"))
            #expect(outcome.errors.contains(folder), "the log says so too: \(outcome.errors)")
        }

        /// It says so, goes on, and writes everything once it can.
        @Test func folderThatCannotBeWrittenIsToldAndStopsNothing() throws {
            let logs = try TemporaryDirectory()
            let folder = try logs.write("a file in the way", to: "tensorboard")
            let run = try RunFolder(["metrics": ["tensorboard = \"\(folder)\""]])
            try run.publish([24, 48])
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilIdle(recorded: 2)
            try daemon.poll("trouble with TensorBoard") {
                try daemon.status().lastError?.contains("cannot write for TensorBoard") == true
            }
            try FileManager.default.removeItem(atPath: folder)
            try run.publish(72)
            try daemon.waitUntilIdle(recorded: 3)
            try daemon.poll("end of the trouble") { try daemon.status().lastError == nil }
            try daemon.stop()
            #expect(try course(of: folder).scalars["alpharl/energy_share"]?.map(\.step) == [24, 48, 72])
        }
    }
}
