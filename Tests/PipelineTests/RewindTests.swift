import Foundation
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

@Suite(.serialized) struct RewindTests {
    /// A process that ends in the middle of a rewind must not leave predictions of the old trajectory standing.
    @Test func predictionsFallWithTheCheckpointsTheyStartFrom() throws {
        let fixture = try PipelineFixture(steps: ExampleRun.steps.prefix(7))
        try fixture.pass()
        #expect(try fixture.predictions.map(\.state) == [.published])
        try fixture.context.store.supersede(from: TrainingStep(144), reason: "the run went back to step 144")
        let withdrawn = try #require(try fixture.predictions.first)
        #expect(withdrawn.state == .withdrawn)
        #expect(withdrawn.reason == "the run went back to step 144")
    }

    /// The second trajectory may well predict the same step from the same step.
    @Test func newTrajectoryReplacesWhatTheOldOnePredicted() throws {
        let fixture = try PipelineFixture(steps: ExampleRun.steps.prefix(7))
        try fixture.pass()
        let old = try #require(try fixture.predictions.first)
        let oldWeights = try fixture.weights(of: old)

        try fixture.add(144, weightsOf: 120)
        try fixture.pass()
        #expect(try fixture.predictions.map(\.state) == [.withdrawn])
        try fixture.add(168)
        try fixture.pass()
        let request = PlannedPrediction(
            targetStep: old.plan.targetStep,
            checkpoint: try #require(try fixture.context.store.activeCheckpoint(at: TrainingStep(168))).id,
            model: "tangent",
            format: .full, path: old.plan.path, confidence: 0.1, isForced: true, requestedBy: "test",
            plannedAt: WallClock.system.timestamp)
        _ = try fixture.context.store.plan(request)
        try fixture.pass()
        let new = try #require(try fixture.predictions.last)
        #expect(new.state == .published, "\(new.reason ?? "")")
        #expect(try fixture.weights(of: new) != oldWeights)
        #expect(try fixture.predictions.first?.state == .removed)
    }

    /// A trainer that resumes from an early step leaves later folders as they are until it gets there again: they belong
    /// to what it gave up.
    @Test func laterFoldersOfTheOldTrajectoryAreNotLearnedAgain() throws {
        let fixture = try PipelineFixture(steps: [24, 48, 72, 96])
        try fixture.pass()
        try fixture.add(48, weightsOf: 120)
        try fixture.pass()
        try fixture.pass()
        #expect(try fixture.context.store.recordedSteps().map(\.value) == [24, 48])
        try fixture.add(72, weightsOf: 144)
        try fixture.pass()
        #expect(try fixture.context.store.recordedSteps().map(\.value) == [24, 48, 72])
        #expect(try fixture.context.store.checkpoints(in: .superseded).map(\.step.value).sorted() == [48, 72, 96])
    }
}
