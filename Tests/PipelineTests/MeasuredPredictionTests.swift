import ConfigurationFile
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// What is measured on predictions overrides what the backtests say: on the example run, where these are good.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MeasuredPredictionTests {
    private let fixture: ClosedLoopFixture
    private var context: RunContext { fixture.context }

    init() async throws {
        fixture = try await onThread {
            let fixture = try ClosedLoopFixture()
            try fixture.link(stride(from: 24, through: 288, by: 24))
            try fixture.read()
            return fixture
        }
    }

    private func post(_ accuracy: Double, of subject: MetricPost.Subject) throws {
        _ = try MetricDesk(context: context).store([MetricPost(subject: subject, accuracy: accuracy)])
    }

    private func forecast() throws -> RunStatus.ForecastSummary { try StatusReport(context: context).status().forecast }

    private func warnings() throws -> [String] {
        try context.store.events(after: 0, limit: 1000).filter { $0.event.kind == "warning" }.map(\.event.payload)
    }

    private func record(_ step: Int) async throws {
        let fixture = fixture
        try await onThread {
            try fixture.link([step])
            try fixture.read()
        }
    }

    @Test func aDisappointmentTakesTheConfidenceAtOnceAndALaterSuccessGivesItBack() async throws {
        let trusted = try forecast()
        let model = try #require(trusted.model)
        #expect((trusted.confidence ?? 0) > 0.3, "the example run can be predicted here")
        let first = try fixture.publish(from: 288, to: 432, by: model)
        try post(0.67, of: .step(TrainingStep(288)))
        #expect(try forecast().confidence == trusted.confidence, "one of the two accuracies is not enough")

        try post(0.5, of: .prediction(Int(first.value)))
        let fallen = try forecast()
        #expect(fallen.confidence == 0 && !fallen.ready && fallen.provenHorizon == nil)
        #expect(
            fallen.reason.hasPrefix("prediction \(first) (step 432 from step 288) by \(model) scored 0.5, less than"))
        #expect(try warnings().count == 1)
        let forecasts = try ForecastAssembly(context: context).forecasts().forecasts.filter { $0.model == model }
        #expect(!forecasts.isEmpty && forecasts.allSatisfy { $0.confidence == 0 })
        #expect(throws: StatusRefusal.self) {
            try PredictionDesk(context: context).accept(PredictionRequest(targetStep: TrainingStep(432)))
        }

        try await record(312)
        #expect(try context.store.verdicts(newest: 1).first?.verdict.confidence == 0)
        #expect(try forecast().reason.contains("scored 0.5"))

        let second = try fixture.publish(from: 312, to: 480, by: model)
        try post(0.68, of: .step(TrainingStep(312)))
        try post(0.74, of: .prediction(Int(second.value)))
        try await record(336)
        #expect((try forecast().confidence ?? 0) > 0)
        #expect(try warnings().count == 1)
    }

    @Test func aCorrectionCounts() throws {
        let model = try #require(try forecast().model)
        let id = try fixture.publish(from: 288, to: 432, by: model)
        try post(0.67, of: .step(TrainingStep(288)))
        try post(0.5, of: .prediction(Int(id.value)))
        #expect(try forecast().confidence == 0)
        try post(0.72, of: .prediction(Int(id.value)))
        #expect((try forecast().confidence ?? 0) > 0)
        try post(0.73, of: .step(TrainingStep(288)))
        #expect(try forecast().confidence == 0)
        #expect(try warnings().count == 2)
    }

    @Test func theDecisionLooksAtWhatWasMeasuredSinceTheJudgement() throws {
        let model = try #require(try forecast().model)
        let id = try fixture.publish(from: 264, to: 432, by: model)
        try post(0.67, of: .step(TrainingStep(264)))
        try post(0.5, of: .prediction(Int(id.value)))
        _ = try EmissionDesk(context: context).decideAll()
        let decision = try #require(try context.store.verdicts(newest: 1).first?.decision)
        #expect(!decision.isEmission && decision.reason.contains("scored 0.5"))
    }

    @Test func aPredictionOfTheTrajectoryBeforeARewindSaysNothing() throws {
        let model = try #require(try forecast().model)
        let id = try fixture.publish(from: 288, to: 432, by: model)
        try post(0.67, of: .step(TrainingStep(288)))
        try post(0.5, of: .prediction(Int(id.value)))
        try context.store.markRemoved(id, reason: "removed to keep the newest 3")
        #expect(try MeasuredAccuracies(context: context).ofPredictions().count == 1)
        try context.store.supersede(from: TrainingStep(288), reason: "the run went back")
        #expect(try MeasuredAccuracies(context: context).ofPredictions().isEmpty)
    }
}
