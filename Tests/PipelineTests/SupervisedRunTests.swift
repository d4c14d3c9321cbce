import ConfigurationFile
import Foundation
import RunLayouts
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// The weights of the example run, with the log of a trainer that knows no reward.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SupervisedRunTests {
    private func fixture(_ source: MetricsSource) async throws -> ClosedLoopFixture {
        try await onThread {
            let fixture = try ClosedLoopFixture { $0.metrics.source = source }
            for step in stride(from: 24, through: 192, by: 24) { try Self.addSupervised(step, to: fixture) }
            try fixture.read(emits: true)
            return fixture
        }
    }

    private static func addSupervised(_ step: Int, to fixture: ClosedLoopFixture) throws {
        let folder = fixture.context.configuration.run.watch + "/checkpoint-\(step)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["config.json", "model.safetensors"] {
            try FileManager.default.copyItem(
                atPath: ExampleRun.checkpoint(step) + "/" + name, toPath: folder + "/" + name)
        }
        let row = #"{"step": \#(step), "loss": 0.11, "learning_rate": 2e-06, "eval_accuracy": 0.5}"#
        try Data(#"{"global_step": \#(step), "max_steps": 600, "log_history": [\#(row)]}"#.utf8).write(
            to: URL(filePath: folder + "/trainer_state.json"))
    }

    /// With its own log this run is emitted from at step 168 (docs/evidence.md).
    @Test func aLogWithoutARewardSilencesTheRunAndSaysWhy() async throws {
        let store = try await fixture(.auto).context.store
        let verdicts = try store.verdicts()
        #expect(verdicts.count == 8 && verdicts.allSatisfy { !$0.verdict.isReady && $0.verdict.confidence == 0 })
        let reason = try #require(verdicts.first?.verdict.reason)
        #expect(reason.hasPrefix("the trainer's log has a loss and no reward"))
        #expect(try store.predictions().isEmpty)
    }

    @Test func aLogThatIsNotToBeReadSaysNothing() async throws {
        #expect(try await fixture(.none).context.store.predictions().isEmpty == false)
    }
}
