import Checkpoints
import ConfigurationFile
import Emission
import Files
import Foundation
import Logging
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// Mixtures of experts: one tensor for all experts of a layer, or very many small matrices. Each expert moves along a
/// rank-1 direction of its own, evenly, so that what comes next is known.
struct ExpertRunTests {
    private let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory(inMemory: true) }

    private static let steps = [10, 20, 30, 40]

    /// A matrix that moves by `step * rate` along `left right^T`.
    private struct Moving {
        let weights: [Double]
        let left: [Double]
        let right: [Double]
        let rate: Double

        init(_ rows: Int, _ columns: Int, _ random: inout SeededGenerator) {
            weights = random.gaussians(rows * columns, scale: 0.05).map { Double($0) }
            left = random.unitVector(rows).map { Double($0) }
            right = random.unitVector(columns).map { Double($0) }
            rate = Double.random(in: 0.001...0.002, using: &random)
        }

        func at(_ step: Int) -> [Double] {
            weights.indices.map {
                weights[$0] + rate * Double(step) * left[$0 / right.count] * right[$0 % right.count]
            }
        }
    }

    private let stack = "model.layers.0.mlp.experts.gate_up_proj"
    private let query = "model.layers.0.self_attn.q_proj.weight"

    /// Writes base and checkpoints; each tensor is made of one matrix, or of several on a first axis.
    private func write(_ tensors: [(name: String, shape: [Int], matrices: [Moving])]) throws {
        for step in [0] + Self.steps {
            let folder = step == 0 ? place.path("base") : place.path("run/checkpoint-\(step)")
            try TinyCheckpoint.write(
                tensors.map { .float64($0.name, $0.shape, $0.matrices.flatMap { $0.at(step) }) }, to: folder)
            try TinyCheckpoint.writeSideFiles(to: folder, dtype: "float64", step: step)
        }
    }

    private func run(_ change: (inout RunConfiguration) -> Void = { _ in }) throws -> (OfflineRun, RunContext) {
        var configuration = RunConfiguration(watch: place.path("run"), base: place.path("base"))
        configuration.emit.directory = place.path("predicted")
        change(&configuration)
        let base = try BaseWeights(directory: configuration.run.base, filter: configuration.factors.filter)
        let store = try TrajectoryDatabase.inMemory()
        try store.claim(
            for: RunIdentity(
                name: "experts", basePath: configuration.run.base, baseFingerprint: base.fingerprint.description,
                watchPath: configuration.run.watch), programVersion: "test", now: WallClock.system.timestamp)
        var context = RunContext(
            configuration: configuration, store: store, base: base,
            program: ProgramIdentity(name: "alpharl", version: "test", commit: "test"))
        context.log.logLevel = .critical
        let run = OfflineRun(context: context)
        try run.read()
        return (run, context)
    }

    private func stacked() throws -> [Moving] {
        var random = SeededGenerator(seed: 11)
        let experts = (0..<3).map { _ in Moving(6, 5, &random) }
        try write([
            (stack, [3, 6, 5], experts), (query, [4, 4], [Moving(4, 4, &random)]),
            ("model.layers.0.mlp.experts.gate_up_proj_bias", [3, 6], [Moving(3, 6, &random)]),
            ("model.layers.0.mlp.router.weight", [3, 5], [Moving(3, 5, &random)]),
            ("model.layers.0.linear_attn.conv1d_proj.weight", [4, 1, 3], [Moving(4, 3, &random)]),
        ])
        return experts
    }

    /// A pass in single precision: 1e-6 of the norm.
    @Test func everyExpertOfAStackIsAModuleWithFactorsOfItsOwn() throws {
        let experts = try stacked()
        let (_, context) = try run()
        let names = context.base.modules.map(\.name.text)
        #expect(Set(names) == Set((0..<3).map { "\(stack)[\($0)]" } + [query]))
        for (index, expert) in experts.enumerated() {
            let factors = try context.store.factors(
                of: TensorName("\(stack)[\(index)]"), at: Self.steps.map { TrainingStep($0) })
            #expect(factors.map(\.step.value) == Self.steps)
            for found in factors {
                let sigma = try #require(found.factor.triplets.first).sigma
                #expect(abs(sigma / (expert.rate * Double(found.step.value)) - 1) < 1e-5)
                let norm = expert.weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
                #expect(abs(found.factor.baseNorm / norm - 1) < 1e-6)
            }
        }
        #expect(try context.store.modules().contains { $0.slice == 2 && $0.tensor.text == stack && $0.rows == 6 })
    }

    /// The last checkpoint and an even movement: the weights that step 60 will have. Everything else is the checkpoint's.
    @Test func aPredictionMovesEachExpertAlongItsOwnDirection() throws {
        let experts = try stacked()
        let (run, context) = try run()
        let request = OfflineRun.Request(targetStep: TrainingStep(60), model: "line", formats: [.full], force: true)
        let path = try #require(try run.predict(request).first?.path)
        let predicted = try CheckpointReader.open(directory: path)
        let expected = experts.flatMap { $0.at(60) }
        let found = try predicted.read(TensorName(stack)).doubles()
        #expect(predicted.description(of: TensorName(stack))?.shape == [3, 6, 5])
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(zip(found, experts.flatMap { $0.at(40) }).contains { abs($0 - $1) > 1e-3 })
        let latest = try CheckpointReader.open(directory: place.path("run/checkpoint-40"))
        for name in ["model.layers.0.mlp.router.weight", "\(stack)_bias"] {
            #expect(try predicted.read(TensorName(name)).isIdentical(to: latest.read(TensorName(name))))
        }
        let twice = OfflineRun.Request(targetStep: TrainingStep(80), model: "two-point", force: true)
        let scaled = try CheckpointReader.open(directory: try #require(try run.predict(twice).first?.path))
        let then = experts.flatMap { $0.at(80) }
        #expect(try zip(scaled.read(TensorName(stack)).doubles(), then).allSatisfy { abs($0 - $1) < 1e-12 })
        let error = try #require(throws: EmissionError.self) {
            try run.predict(
                OfflineRun.Request(targetStep: TrainingStep(60), model: "line", formats: [.adapter], force: true))
        }
        #expect("\(error)".contains("it is one of the experts that the base stores as one tensor"), "\(error)")
        #expect(context.base.modules.count == 4)
    }

    /// Two layers of 200 experts with three matrices each.
    @Test func manyMatricesAreTrackedOneByOne() throws {
        var random = SeededGenerator(seed: 12)
        let tensors = (0..<2).flatMap { layer in
            (0..<200).flatMap { expert in
                ["gate_proj", "up_proj", "down_proj"].map { name in
                    let shape = name == "down_proj" ? [4, 3] : [3, 4]
                    return (
                        name: "model.layers.\(layer).mlp.experts.\(expert).\(name).weight", shape: shape,
                        matrices: [Moving(shape[0], shape[1], &random)]
                    )
                }
            }
        }
        try write(tensors)
        let (run, context) = try self.run()
        #expect(context.base.modules.count == 1200)
        #expect(try context.store.recordedSteps().count == 4)
        let request = OfflineRun.Request(targetStep: TrainingStep(60), model: "tangent", force: true)
        let predicted = try CheckpointReader.open(directory: try #require(try run.predict(request).first?.path))
        for (name, _, matrices) in tensors.shuffled(using: &random).prefix(40) {
            let found = try predicted.read(TensorName(name)).doubles()
            // The slope is that of the recent half, shrunk by what backtests realised: between here and there.
            let (now, then) = (matrices[0].at(40), matrices[0].at(60))
            for (index, value) in found.enumerated() {
                let (low, high) = (min(now[index], then[index]), max(now[index], then[index]))
                #expect(value >= low - 1e-6 && value <= high + 1e-6)
            }
        }
    }
}
