import ConfigurationFile
import Forecasting
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// A target accuracy on the example run, whose accuracies are those that were measured (`accuracy.jsonl`).
@Suite(.serialized, .timeLimit(.minutes(5))) struct TargetAccuracyTests {
    private func fixture(
        accuracy: Double, through last: Int = 240, model: String = "auto", metrics: Bool = true
    ) async throws -> ClosedLoopFixture {
        try await onThread { try Self.read(accuracy, last, model, metrics) }
    }

    private static func read(
        _ accuracy: Double, _ last: Int, _ model: String, _ metrics: Bool
    ) throws -> ClosedLoopFixture {
        let file = try ExampleRun.directory() + "/accuracy.jsonl"
        let fixture = try ClosedLoopFixture {
            $0.forecast.targetAccuracy = accuracy
            $0.forecast.model = model
            $0.metrics.source = metrics ? .file(path: file) : .none
        }
        try fixture.link(stride(from: 24, through: last, by: 24))
        try fixture.read()
        return fixture
    }

    /// numpy.polyfit over steps 120 to 240 (the recent 6 of 11) reaches 0.75 at 339.93.
    @Test func theTargetIsWhereTheLineThroughTheRecentHalfReachesIt() async throws {
        let fixture = try await fixture(accuracy: 0.75)
        let forecast = try StatusReport(context: fixture.context).status().forecast
        #expect(forecast.targetStep == TrainingStep(340))
        #expect(abs((forecast.horizon ?? 0) - 340.0 / 240) < 1e-12)
        #expect(forecast.ready == false || (forecast.confidence ?? 0) >= 0.5)
    }

    @Test func accuraciesOfStepsThatAreStillToComeAreNotLookedAt() async throws {
        // The file goes on to step 600; at step 288 the line over 168 to 288 reaches 0.75 at 385.58.
        let fixture = try await fixture(accuracy: 0.75, through: 288)
        #expect(try fixture.context.store.accuracies().last?.step == TrainingStep(600))
        #expect(try fixture.context.store.verdicts(newest: 1).first?.verdict.targetStep == TrainingStep(386))
    }

    @Test func withoutAccuraciesTheStatusSaysWhatIsMissing() async throws {
        let forecast = try StatusReport(context: await fixture(accuracy: 0.75, metrics: false).context).status()
            .forecast
        #expect(forecast.targetStep == nil && !forecast.ready)
        #expect(forecast.reason.hasPrefix("0 of the 3 accuracies that a target accuracy needs are known; post them"))
    }

    @Test func aTargetThatIsReachedIsSaidToBe() async throws {
        let forecast = try StatusReport(context: await fixture(accuracy: 0.6).context).status().forecast
        #expect(forecast.targetStep == nil)
        #expect(forecast.reason == "the target accuracy 0.6 is reached already, at step 240")
    }

    @Test func alphaRLFitsTheAccuracies() async throws {
        let context = try await fixture(accuracy: 0.75, model: "alphaRL").context
        let planner = ForecastPlanner(context: context)
        let aimed = try planner.plan(to: TrainingStep(340), model: "alphaRL")
        let response = try #require((aimed.model as? AlphaRLModel)?.response)
        #expect(
            response.target == 0.75 && response.values.count == 10 && response.values[TrainingStep(240)] == 0.642052)
        // Another step was asked for: the step is the response.
        let other = try planner.plan(to: TrainingStep(480), model: "alphaRL")
        #expect((other.model as? AlphaRLModel)?.response == nil)
        #expect(try planner.plan(to: TrainingStep(340), model: "line").model is LineModel)
        // The accuracy flattens while the weights go on: the two fits differ.
        let composer = PredictionComposer(context: context)
        let byAccuracy = try composer.compose(aimed)
        let byStep = try composer.compose(other)
        #expect(byAccuracy.displacement.count == byStep.displacement.count)
        #expect(byAccuracy.displacement != byStep.displacement)
        #expect(byAccuracy.abstained == nil)
    }

    @Test func withTwoDifferentAccuraciesTheStepIsTheResponse() async throws {
        let fixture = try await fixture(accuracy: 0.9, model: "alphaRL", metrics: false)
        for (step, value) in [(24, 0.1), (48, 0.1), (72, 0.1), (215, 0.1), (216, 0.2), (240, 0.2), (239, 0.3)] {
            try fixture.context.store.append([
                MetricRecord(
                    subject: .step(TrainingStep(step)), key: MetricRecord.accuracyKey, value: value, source: "api",
                    receivedAt: fixture.context.clock.timestamp)
            ])
        }
        let context = fixture.context
        let target = try WantedTarget(context: context).step(reaching: 0.9, from: TrainingStep(240))
        let plan = try ForecastPlanner(context: context).plan(to: target, model: "alphaRL")
        #expect((plan.model as? AlphaRLModel)?.response == nil, "239 is no checkpoint")
    }

    @Test func aTargetThatMovesALittleIsNotEmittedAgainAndAgain() async throws {
        let file = try ExampleRun.directory() + "/accuracy.jsonl"
        let fixture = try ClosedLoopFixture {
            $0.forecast.targetAccuracy = 0.75
            $0.metrics.source = .file(path: file)
            $0.confidence.consecutive = 1
            $0.confidence.threshold = 0.2
        }
        try await onThread {
            try fixture.link(stride(from: 24, through: 264, by: 24))
            try fixture.read(emits: true)
        }
        let emitted = try fixture.context.store.predictions()
        #expect(!emitted.isEmpty)
        for (earlier, later) in zip(emitted, emitted.dropFirst()) {
            let hasGrown = Double(later.fromStep.value) >= 1.25 * Double(earlier.fromStep.value)
            let hasRisen = later.plan.confidence >= earlier.plan.confidence + 0.0999
            let isOther = Double(later.plan.targetStep.value) >= 1.25 * Double(earlier.plan.targetStep.value)
            #expect(hasGrown || hasRisen || isOther, "step \(later.plan.targetStep) from \(later.fromStep)")
        }
    }
}
