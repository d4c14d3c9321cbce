import Foundation
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore

extension EndToEnd {
    /// kill -9 at any moment loses nothing and changes nothing.
    @Suite struct KillTests {
        /// Far enough for three predictions, the first of them removed again to keep two.
        static let steps = Array(ExampleRun.steps.prefix(12))
        static let settings = ["emit": ["keep = 2"]]

        /// `ALPHARL_TEST_SEED=N` kills at other moments.
        private static let seed = ProcessInfo.processInfo.environment["ALPHARL_TEST_SEED"].flatMap(UInt64.init) ?? 2510

        @Test func twentyKillsAtRandomMomentsChangeNothing() throws {
            let undisturbed = try RunFolder(Self.settings)
            let quiet = try LiveDaemon(undisturbed)
            for step in Self.steps {
                try undisturbed.publish(step)
                try quiet.waitUntilRecorded(step)
            }
            try quiet.waitUntilIdle(recorded: Self.steps.count)
            try quiet.stop()
            let expected = try RunResult(undisturbed)
            #expect(expected.weights.count == 2)

            let disturbed = try RunFolder(Self.settings)
            var trainer = try InterruptedTrainer(run: disturbed, steps: Self.steps)
            var generator = SeededGenerator(seed: Self.seed)
            for _ in 0..<20 { try trainer.killOnce(&generator) }
            try trainer.finish()
            let last = try LiveDaemon(disturbed)
            try last.waitUntilRecorded(Self.steps[Self.steps.count - 1])
            try last.waitUntilIdle(recorded: Self.steps.count)
            try last.stop()
            let result = try RunResult(disturbed)
            #expect(result.lines.count == expected.lines.count)
            for (line, other) in zip(result.lines, expected.lines) { #expect(line == other) }
            #expect(result.weights == expected.weights)
            let story = "seed \(Self.seed): \(trainer.interrupted)"
            #expect(trainer.interrupted[.recording, default: 0] > 0, "no kill met a recording, \(story)")
            #expect(trainer.interrupted[.emission, default: 0] > 0, "no kill met an emission, \(story)")
        }

        @Test func onceOnAFinishedRunEndsAsTheLiveRunDid() throws {
            let live = try RunFolder(Self.settings)
            let daemon = try LiveDaemon(live)
            try live.publish(Self.steps)
            try daemon.waitUntilRecorded(Self.steps[Self.steps.count - 1])
            try daemon.waitUntilIdle(recorded: Self.steps.count)
            try daemon.stop()

            let finished = try RunFolder(Self.settings)
            try finished.publish(Self.steps)
            let outcome = try Alpharl.run(["serve", "--once", "--config", finished.configuration])
            #expect(outcome.status == 0, "\(outcome)")
            #expect(try RunResult(finished) == RunResult(live))
        }
    }
}

/// What a run has come to.
struct RunResult: Equatable {
    /// Factors, forecasts, confidences and decisions, without times, durations and row numbers.
    let lines: [String]
    /// The predicted weights, by the name of their folder.
    let weights: [String: Data]

    init(_ run: RunFolder) throws {
        lines = try TrajectoryDatabase.openForReading(path: run.store).canonicalDump()
        let names = try run.predictedFolders
        weights = Dictionary(
            uniqueKeysWithValues: try names.map { name in
                (name, try Data(contentsOf: URL(filePath: "\(run.emitted)/\(name)/model.safetensors")))
            })
    }
}
