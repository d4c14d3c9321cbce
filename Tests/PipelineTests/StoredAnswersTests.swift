import ConfigurationFile
import Foundation
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// What the dashboard and the report are made of, from a store with eight checkpoints of the example run.
@Suite struct StoredAnswersTests {
    private static let steps = Array(ExampleRun.steps.prefix(8))
    /// Read by all of these tests, changed by none.
    private static let shared = Result { () throws -> PipelineFixture in
        let fixture = try PipelineFixture(steps: steps)
        try fixture.pass(emits: false)
        return fixture
    }
    private let fixture: PipelineFixture
    private let answers: StoredAnswers

    init() throws {
        fixture = try Self.shared.get()
        answers = StoredAnswers(context: fixture.context)
    }

    @Test func aStoreAloneSaysWhatADaemonSays() throws {
        let alone = try StoredAnswers(store: fixture.context.store)
        #expect(try alone.history() == answers.history())
        #expect(try alone.forecasts() == answers.forecasts())
        #expect(try alone.checkpoints() == answers.checkpoints())
        let status = try alone.status(version: "1.2.3")
        #expect(status.run == "test" && status.version == "1.2.3")
        #expect(status.forecast == (try StatusReport(context: fixture.context).status().forecast))
    }

    @Test func historyHasOneVerdictForEachRecordedStep() throws {
        let history = try answers.history()
        #expect(history.verdicts.map(\.step.value) == Self.steps)
        #expect(history.threshold == fixture.context.configuration.confidence.threshold)
        #expect(history.verdicts.allSatisfy { !$0.reason.isEmpty && !$0.emitted })
    }

    @Test func aHistorysFiguresAreThoseOfTheWholeDetail() throws {
        let verdicts = try fixture.context.store.verdicts()
        for verdict in verdicts.map(\.verdict) {
            let (whole, figures) = (try VerdictDetail.decode(verdict.detail), try VerdictFigures.decode(verdict.detail))
            #expect(whole.skill == figures.skill && whole.realised == figures.realised)
            #expect(whole.energyShare == figures.energyShare && whole.directionCosine == figures.directionCosine)
            #expect(whole.linearityR2 == figures.linearityR2 && whole.relativeUpdateNorm == figures.relativeUpdateNorm)
        }
        #expect(try verdicts.last.map { try VerdictFigures.decode($0.verdict.detail).relativeUpdateNorm } != .some(nil))
        #expect(throws: DecodingError.self) { try VerdictFigures.decode("{") }
        #expect(try VerdictFigures.decode("{}").skill == nil)
    }

    @Test func backtestsAreOfTheModelThatWasAskedFor() throws {
        let all = try answers.backtests(of: nil).backtests
        let some = try answers.backtests(of: "damped").backtests
        #expect(!some.isEmpty && some == all.filter { $0.model == "damped" } && some.count < all.count)
        for test in some {
            let ratio = Double(test.targetStep.value) / Double(test.originStep.value)
            #expect(abs((test.ratio ?? 0) - ratio) < 1e-12)
        }
        let refusal = #expect(throws: StatusRefusal.self) { try answers.backtests(of: "weather") }
        #expect(refusal?.status == 404 && refusal?.description.contains("damped") == true)
    }

    /// A projection makes nothing longer: coefficients stay below sigma, drawn distances below those of the vectors.
    @Test func aModulesPathIsAProjectionOfItsFactors() throws {
        let name: TensorName = "model.layers.0.mlp.down_proj.weight"
        let module = try answers.module(named: name)
        let path = try #require(module.path)
        #expect(path.points.map(\.step.value) == Self.steps && module.steps.map(\.step.value) == Self.steps)
        let factors = try fixture.context.store.factors(of: name, at: path.points.map(\.step))
        for (point, factor) in zip(path.points, factors) {
            let sigma = try #require(factor.factor.triplets.first).sigma
            #expect(abs(try #require(point.coefficient)) <= sigma * (1 + 1e-6))
        }
        for (i, a) in path.points.enumerated() {
            for (j, b) in path.points.enumerated() where j < i {
                let drawn = hypot(try #require(a.x) - (try #require(b.x)), try #require(a.y) - (try #require(b.y)))
                let pairs = zip(factors[i].factor.triplets[0].left, factors[j].factor.triplets[0].left)
                let distance = pairs.reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }.squareRoot()
                #expect(drawn <= distance + 1e-6, "\(a.step) \(b.step)")
            }
        }
        #expect(path.explained.count == 2 && path.explained.allSatisfy { (0...1).contains($0) })
        #expect(module.steps.allSatisfy { $0.sigmas == $0.sigmas.sorted(by: >) && $0.sigmas.count == 4 })
        #expect(throws: StatusRefusal.self) { try answers.module(named: "weather.weight") }
    }
}
