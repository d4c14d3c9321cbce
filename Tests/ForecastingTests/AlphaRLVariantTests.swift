import TestSupport
import Testing
import Vocabulary

@testable import Forecasting

/// alphaRL on accuracies, and its variants, on a module whose update grows along one direction beside a second one.
@Suite struct AlphaRLVariantTests {
    private static let steps = everyTen(6)

    /// `sigma_i = law(t_i)` along one direction; the second direction has half of that.
    private static func trajectory(_ law: (Double) -> Double) throws -> ModuleTrajectory {
        var generator = SeededGenerator(seed: 11)
        let first = generator.component(1, PlantedRun.rows, PlantedRun.columns)
        let second = generator.component(1, PlantedRun.rows, PlantedRun.columns)
        return ModuleTrajectory(
            module: PlantedRun.module(0),
            observations: try steps.map { step in
                let scale = law(Double(step.value))
                let update =
                    LowRankMatrix([first]).scaled(by: scale) + LowRankMatrix([second]).scaled(by: scale / 2)
                return Observation(step: step, factor: try UpdateFactor.of(update, rank: 2))
            })
    }

    private static func response(_ values: [Int: Double], target: Double) -> AccuracyResponse? {
        AccuracyResponse(
            values.map { StepAccuracy(step: TrainingStep($0.key), value: $0.value) }, recorded: steps, target: target)
    }

    private func whole(_ model: AlphaRLModel, _ trajectory: ModuleTrajectory) throws -> LowRankMatrix {
        switch try #require(try model.whole(of: trajectory, at: 90)) {
        case .lowRank(let matrix), .movement(let matrix): matrix
        case .scaledUpdate: .zero
        }
    }

    @Test func threeDifferentAccuraciesOfRecordedCheckpointsAreNeeded() {
        #expect(Self.response([10: 0.1, 20: 0.2, 30: 0.3], target: 0.9) != nil)
        #expect(Self.response([10: 0.1, 20: 0.2, 30: 0.2, 40: 0.1], target: 0.9) == nil)
        #expect(Self.response([10: 0.1, 20: 0.2, 35: 0.3], target: 0.9) == nil)
        #expect(Self.response([:], target: 0.9) == nil)
    }

    /// Where the accuracy is a linear function of the step, aiming at it is aiming at the step where it is reached.
    @Test func accuraciesThatFollowTheStepGiveTheSamePrediction() throws {
        let trajectory = try Self.trajectory { 0.02 * $0 }
        let accuracies = Dictionary(uniqueKeysWithValues: Self.steps.map { ($0.value, 0.1 + 0.005 * Double($0.value)) })
        let response = try #require(Self.response(accuracies, target: 0.1 + 0.005 * 90))
        let byAccuracy = try whole(AlphaRLModel(response: response), trajectory)
        let byStep = try whole(AlphaRLModel(), trajectory)
        #expect(byAccuracy.distance(to: byStep) < 1e-6 * byStep.norm)
    }

    /// The accuracy runs ahead of the step here: half of the way in accuracy is less than half of the way in weights.
    @Test func theResponseIsTheAccuracyAndNotTheStep() throws {
        let trajectory = try Self.trajectory { $0 * $0 / 1000 }
        // Proportional to the norm, so that twice the last accuracy is twice the last vector.
        let accuracies = Dictionary(
            uniqueKeysWithValues: Self.steps.map { ($0.value, Double($0.value * $0.value) / 3600) })
        let response = try #require(Self.response(accuracies, target: 2))
        let last = try #require(trajectory.last?.factor)
        let found = try whole(AlphaRLModel(response: response), trajectory)
        #expect(abs(found.norm - 2 * last.frobeniusNorm) < 1e-6 * last.frobeniusNorm)
    }

    @Test func stepsWithoutAnAccuracyAreLeftOut() throws {
        let trajectory = try Self.trajectory { 0.02 * $0 }
        let response = try #require(Self.response([20: 0.2, 40: 0.3, 60: 0.45], target: 0.8))
        let weights = try AlphaRLModel(response: response).weights(of: trajectory, at: 90)
        #expect(weights.count == 6)
        #expect(weights[0] == 0 && weights[2] == 0 && weights[4] == 0)
        #expect(abs(weights.reduce(0, +) - 1) < 1e-9)
    }

    @Test func withoutRescalingTheNormIsThatOfTheFirstTriplet() throws {
        let trajectory = try Self.trajectory { 0.02 * $0 }
        let last = try #require(trajectory.last?.factor)
        let rescaled = try whole(AlphaRLModel(), trajectory)
        let plain = try whole(AlphaRLModel(rescale: false), trajectory)
        #expect(abs(rescaled.norm - 1.5 * last.frobeniusNorm) < 1e-6)
        #expect(abs(plain.norm - 1.5 * last.triplets[0].sigma) < 1e-6)
    }

    @Test func keepingTheResidualAddsToTheLastUpdate() throws {
        let trajectory = try Self.trajectory { 0.02 * $0 }
        let model = AlphaRLModel(residual: .keep)
        #expect(model.anchor == .checkpoint && AlphaRLModel().anchor == .base)
        guard case .movement(let movement) = try model.whole(of: trajectory, at: 90) else {
            Issue.record("it keeps the last update")
            return
        }
        let published = try whole(AlphaRLModel(), trajectory)
        let part = try #require(trajectory.last?.factor.part(rank: 1))
        #expect(movement.components.count == 1)
        #expect((movement + part).distance(to: published) < 1e-6 * published.norm)
    }

    @Test func theBacktestsSlopeIsByStepWhateverTheResponse() throws {
        let trajectory = try Self.trajectory { 0.02 * $0 }
        let response = try #require(Self.response([20: 0.2, 40: 0.3, 60: 0.45], target: 0.8))
        #expect(try AlphaRLModel(response: response).slope(of: trajectory) == AlphaRLModel().slope(of: trajectory))
    }
}
