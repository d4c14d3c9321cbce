import TestSupport
import Testing
import Vocabulary

@testable import Forecasting

@Suite struct ModelTests {
    private static let steps: [TrainingStep] = [10, 25, 40, 70, 100]

    /// One module whose update is `law(t)` along one direction.
    private static func trajectory(_ law: (Double) -> Double) throws -> ModuleTrajectory {
        let run = PlantedRun.moving(steps: steps, modules: 1, law: law)
        return ModuleTrajectory(
            module: PlantedRun.module(0),
            observations: try zip(run.steps, run.updates).map {
                Observation(step: $0, factor: try UpdateFactor.of($1[0], rank: 2))
            })
    }

    /// Unit vectors are float32, so a prediction is right to some 1e-7 of its norm.
    @Test(
        arguments: [TangentModel(), LineModel(), RelexModel(), RayModel(), TwoPointModel(), AlphaRLModel()]
            as [any TrajectoryModel])
    func plantedProportionalTrajectoryIsPredictedToRounding(model: any TrajectoryModel) throws {
        let trajectory = try Self.trajectory { 0.02 * $0 }
        let direction = try #require(trajectory.last?.factor.triplets.first)
        let slope = try model.slope(of: trajectory)
        let truth = LowRankMatrix([RankOneComponent(scale: 0.02, left: direction.left, right: direction.right)])
        #expect(slope.components.count == 1)
        #expect(slope.distance(to: truth) < 1e-6 * truth.norm, "\(model.name)")
        switch try model.whole(of: trajectory, at: 400) {
        case .lowRank(let whole): #expect(whole.distance(to: truth.scaled(by: 400)) < 1e-6 * 8)
        case .scaledUpdate(let factor): #expect(factor == 4)
        case .movement: Issue.record("\(model.name) keeps other ranks only where it is asked to")
        case nil: #expect(model.anchor == .checkpoint)
        }
    }

    @Test(arguments: [TangentModel(), LineModel(), AlphaRLModel()] as [any TrajectoryModel])
    func plantedLineThatMissesTheOriginIsPredictedToRounding(model: any TrajectoryModel) throws {
        let trajectory = try Self.trajectory { 0.5 + 0.01 * $0 }
        let slope = try model.slope(of: trajectory)
        #expect(abs(slope.norm - 0.01) < 1e-8, "\(model.name)")
    }

    @Test func rankOneSlopeOfTwoPlantedDirectionsIsTheLargerOne() throws {
        var generator = SeededGenerator(seed: 3)
        let a = generator.component(1, PlantedRun.rows, PlantedRun.columns)
        let b = generator.component(1, PlantedRun.rows, PlantedRun.columns)
        let observations = try Self.steps.map { step in
            let t = Double(step.value)
            let update = LowRankMatrix([a]).scaled(by: 0.03 * t) + LowRankMatrix([b]).scaled(by: 0.02 * t)
            return Observation(step: step, factor: try UpdateFactor.of(update, rank: 2))
        }
        let trajectory = ModuleTrajectory(module: PlantedRun.module(0), observations: observations)
        let truth = LowRankMatrix([a]).scaled(by: 0.03) + LowRankMatrix([b]).scaled(by: 0.02)
        let two = try TangentModel(rank: 2).slope(of: trajectory)
        #expect(two.components.count == 2)
        #expect(two.components[0].scale > two.components[1].scale)
        #expect(two.distance(to: truth) < 1e-6 * truth.norm)
        let one = try TangentModel(rank: 1).slope(of: trajectory)
        #expect(one.components.count == 1)
        #expect(abs(one.norm - two.components[0].scale) < 1e-8)
    }

    @Test func weightsAreThoseOfTheTextbook() throws {
        let gram = try Self.trajectory { $0 }.gram
        let t = Self.steps.map { Double($0.value) }
        let n = Double(t.count)
        let mean = t.reduce(0, +) / n
        let spread = t.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let squares = t.reduce(0) { $0 + $1 * $1 }
        let line = t.map { 1 / n + ($0 - mean) * (300 - mean) / spread }
        expectEqual(try LineModel().weights(over: gram, at: 300), line)
        expectEqual(try RayModel().weights(over: gram, at: 300), t.map { 300 * $0 / squares })
        expectEqual(try TwoPointModel().weights(over: gram, at: 300), [0, 0, 0, 0, 3])
        expectEqual(try LastModel().weights(over: gram, at: 300), [0, 0, 0, 0, 1])
        // The recent half of 5 is 2, halves to even, but at least 3: 40, 70, 100, with mean 70 and spread 1800.
        let tangent = [0, 0, -30.0 / 1800, 0, 30.0 / 1800]
        expectEqual(try TangentModel().slopeWeights(over: gram), tangent)
        expectEqual(try TangentModel().weights(over: gram, at: 300), tangent.map { 200 * $0 } + [0], last: 1)
    }

    private func expectEqual(_ found: [Double], _ expected: [Double], last: Double = 0) {
        var sum = Array(expected.prefix(found.count))
        sum[sum.count - 1] += last
        for (a, b) in zip(found, sum) { #expect(abs(a - b) < 1e-14, "\(found) against \(sum)") }
    }

    @Test(arguments: [(3, 3), (4, 3), (5, 3), (6, 3), (7, 4), (8, 4), (9, 4), (11, 6), (13, 6), (25, 12), (64, 32)])
    func recentHalfRoundsAsDocumented(count: Int, half: Int) {
        #expect(TangentModel.recentHalf(of: count) == half)
    }

    /// `weights` is linear in the target and `slopeWeights` its derivative, for every model of this kind.
    @Test func slopeWeightsAreTheDerivativeOfTheWeights() throws {
        let gram = try Self.trajectory { 0.1 + $0 - 0.001 * $0 * $0 }.gram
        for case let model as any CombinationModel in ModelRegistry.all {
            let near = try model.weights(over: gram, at: 200), far = try model.weights(over: gram, at: 300)
            let slope = try model.slopeWeights(over: gram)
            for i in slope.indices { #expect(abs((far[i] - near[i]) / 100 - slope[i]) < 1e-12, "\(model.name)") }
        }
    }

    @Test func lastPredictsNoMovement() throws {
        #expect(try LastModel().slope(of: try Self.trajectory { $0 }) == .zero)
    }

    @Test func zeroUpdatesGiveNoMovementAndAlphaRLAbstains() throws {
        let trajectory = try Self.trajectory { _ in 0 }
        #expect(trajectory.factors.allSatisfy { $0.isZero })
        for case let model as any CombinationModel in ModelRegistry.all {
            #expect(try model.slope(of: trajectory) == .zero, "\(model.name)")
        }
        #expect(throws: Abstention.lastUpdateIsZero(model: "alphaRL", module: "module.0", step: 100)) {
            try AlphaRLModel().slope(of: trajectory)
        }
    }

    @Test func aZeroFirstUpdateIsAnObservationLikeAnyOther() throws {
        let trajectory = try Self.trajectory { max(0, $0 - 10) }
        #expect(trajectory.factors[0].isZero)
        for model in [TangentModel(), LineModel(), AlphaRLModel()] as [any TrajectoryModel] {
            #expect(abs(try model.slope(of: trajectory).norm - 1) < 1e-6, "\(model.name)")
        }
    }

    @Test(arguments: ["tangent", "line", "relex", "alphaRL"] as [ModelName])
    func twoCheckpointsAreTooFew(name: ModelName) throws {
        let model = try #require(ModelRegistry.model(named: name))
        let whole = try Self.trajectory { $0 }
        let short = ModuleTrajectory(module: whole.module, observations: Array(whole.observations.prefix(2)))
        let expected = Abstention.tooFewCheckpoints(model: name, got: 2, needed: 3)
        #expect(throws: expected) { try model.slope(of: short) }
        #expect(throws: expected) { try model.weights(of: short, at: 300) }
        #expect(expected.description.contains("got 2, expected 3"))
        #expect(throws: Abstention.self) { try model.slope(of: ModuleTrajectory(module: whole.module)) }
    }

    @Test func nonFiniteFactorsMakeEveryModelButLastAbstain() throws {
        let whole = try Self.trajectory { $0 }
        var broken = ModuleTrajectory(module: whole.module, observations: Array(whole.observations.prefix(4)))
        let triplet = whole.factors[0].triplets[0]
        let nan = SingularTriplet(
            sigma: .nan, left: triplet.left, right: triplet.right, residual: 0, hasConverged: false)
        broken.append(
            step: 200,
            factor: UpdateFactor(triplets: [nan], frobeniusNorm: .nan, baseNorm: 1, unchangedShare: 0, passes: 1))
        for model in ModelRegistry.all where model.name != "last" {
            #expect(throws: Abstention.self, "\(model.name)") { try model.slope(of: broken) }
        }
    }

    @Test func sameInputGivesTheSameBits() throws {
        for model in ModelRegistry.all {
            let first = try model.slope(of: try Self.trajectory { $0.squareRoot() })
            let second = try model.slope(of: try Self.trajectory { $0.squareRoot() })
            #expect(first == second, "\(model.name)")
        }
    }

    @Test func registryNamesAreUniqueAndStartWithTheBaseline() {
        let names = ModelRegistry.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names == ["last", "tangent", "damped", "two-point", "ray", "line", "relex", "alphaRL"])
        #expect(ModelRegistry.anchored.map(\.name) == ["last", "damped"])
        #expect(ModelRegistry.model(named: "no-such-model") == nil)
        #expect(ModelRegistry.all.allSatisfy { !$0.summary.isEmpty && $0.rank == ($0.isDamped ? 4 : 1) })
    }
}
