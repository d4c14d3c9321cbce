import Foundation
import StatusAPI
import TestSupport
import Testing
import Vocabulary

extension EndToEnd {
    /// The scripts of Examples/clients against the real daemon.
    @Suite(.enabled(if: ReferencePython.path != nil, "ALPHARL_TEST_PYTHON is not set"))
    struct ClientScriptTests {
        private static func script(_ name: String) -> String { ExampleRun.repository + "Examples/clients/" + name }

        private func start(_ script: String, _ arguments: [String], home: String) throws -> ChildProcess {
            try ChildProcess(
                try #require(ReferencePython.path), [script] + arguments, environment: Alpharl.environment(home: home))
        }

        private static let hasHTTPX: Bool = {
            guard let python = ReferencePython.path else { return false }
            return (try? Tool.run(python, ["-c", "import httpx"])) != nil
        }()

        /// Both start while nothing is predicted yet; a third one asks afterwards.
        @Test func whoeverWaitsGetsTheFolderOfThePrediction() throws {
            let run = try RunFolder()
            try run.publish(stride(from: 24, through: 96, by: 24))
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilIdle(recorded: 4)
            var waiting = [try start(Self.script("wait_for_prediction.py"), [run.socket], home: run.place.path)]
            if Self.hasHTTPX {
                waiting.append(try start(Self.script("wait_with_httpx.py"), [run.socket], home: run.place.path))
            }
            try run.publish(stride(from: 120, through: 168, by: 24))
            let outcomes = try waiting.map { try $0.wait(seconds: 120) }
            let path = try #require(try daemon.predictions().first?.path)
            for outcome in outcomes {
                #expect(outcome.status == 0 && outcome.output == path + "\n", "\(outcome)")
            }
            let late = try start(Self.script("wait_for_prediction.py"), [run.socket], home: run.place.path)
                .wait(seconds: 60)
            #expect(late.output == path + "\n", "\(late)")
            try daemon.stop()
            let alone = try start(Self.script("wait_for_prediction.py"), [run.socket], home: run.place.path)
                .wait(seconds: 60)
            #expect(alone.status == 69 && alone.errors.contains("is the daemon running?"), "\(alone)")
        }

        /// A Trainer of transformers writes the checkpoints, and its callback posts what it evaluates.
        @Test(.enabled(if: ReferencePython.hasModels, "ALPHARL_TEST_PYTHON has no torch, transformers and peft"))
        func aTrainersCallbackPostsItsAccuracies() throws {
            let run = try RunFolder(["metrics": ["source = \"none\""]])
            let daemon = try LiveDaemon(run)
            let trainer = try start(
                ExampleRun.repository + "Tests/Reference/train_with_callback.py",
                [ExampleRun.base(), run.watched, run.socket, "3"], home: run.place.path
            ).wait(seconds: 240)
            #expect(trainer.status == 0 && trainer.output.contains("ended at step 3"), "\(trainer)")
            try daemon.waitUntilIdle(recorded: 3)
            let rows = try daemon.checkpoints()
            #expect(rows.map(\.step.value) == [1, 2, 3] && rows.allSatisfy { $0.accuracySource == "api" })
            #expect(rows.allSatisfy { $0.accuracy.map { (0...1).contains($0) } ?? false })
            try daemon.stop()
        }

        /// A prediction that somebody asks for ends the training at its next save.
        @Test(.enabled(if: ReferencePython.hasModels, "ALPHARL_TEST_PYTHON has no torch, transformers and peft"))
        func aTrainersCallbackStopsItWhenThereIsAPrediction() throws {
            let run = try RunFolder()
            try run.publish([24, 48, 72])
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilIdle(recorded: 3)
            _ = try daemon.client.send(
                "POST", "/v1/predictions", PredictionRequest(targetStep: TrainingStep(96), force: true),
                as: PredictionAccepted.self)
            try daemon.event { event in
                guard case .prediction(let prediction) = event.body else { return false }
                return prediction.emittedAt != nil
            }
            let trainer = try start(
                ExampleRun.repository + "Tests/Reference/train_with_callback.py",
                [ExampleRun.base(), run.place.path("elsewhere"), run.socket, "3", "--stop"], home: run.place.path
            ).wait(seconds: 240)
            #expect(trainer.status == 0 && trainer.output.contains("ended at step 1\n"), "\(trainer)")
            try daemon.stop()
        }
    }
}
