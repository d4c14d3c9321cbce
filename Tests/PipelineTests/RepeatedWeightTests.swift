import ConfigurationFile
import Foundation
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary
import WeightUpdates

@testable import Pipeline

/// Weights that are bit for bit those of the checkpoint before are known by their hash, and no pass is made over them.
@Suite struct RepeatedWeightTests {
    private static let steps = [24, 48, 72, 96, 120].map { TrainingStep($0) }
    private static let last = TrainingStep(144)

    /// Five checkpoints, and a sixth with the weights of the fifth.
    private func fixture(_ change: (PipelineFixture) throws -> Void = { _ in }) throws -> PipelineFixture {
        let fixture = try PipelineFixture(steps: Self.steps.map(\.value))
        try fixture.pass(emits: false)
        try fixture.add(Self.last.value, weightsOf: 120)
        try change(fixture)
        try fixture.pass(emits: false)
        #expect(try fixture.context.store.recordedSteps() == Self.steps + [Self.last])
        return fixture
    }

    private func passes(_ store: TrajectoryDatabase, at step: TrainingStep) throws -> [TensorName: Int] {
        let summaries = try store.factorSummaries(at: step)
        return Dictionary(uniqueKeysWithValues: summaries.map { ($0.module.name, $0.passes) })
    }

    @Test func aRepeatedCheckpointHasTheFactorsOfTheOneBeforeWithoutAPass() throws {
        let store = try fixture().context.store
        let before = try passes(store, at: TrainingStep(120)), after = try passes(store, at: Self.last)
        #expect(before.values.allSatisfy { $0 >= 2 } && !before.isEmpty)
        #expect(after == before.mapValues { _ in 0 })
        for module in before.keys {
            let factors = try store.factors(of: module, at: [TrainingStep(120), Self.last])
            #expect(factors[0].factor.triplets == factors[1].factor.triplets)
            #expect(factors[0].contentHash == factors[1].contentHash && factors[0].contentHash != nil)
        }
        try store.verify()
    }

    /// The checkpoint before had passes for its own: the same bytes have the same coordinates, to the bit.
    @Test func aRepeatedCheckpointLiesWhereTheOneBeforeDid() throws {
        let store = try fixture().context.store
        var compared = (older: 0, newest: 0)
        for registration in try store.registrations() where registration.origin < Self.last {
            guard let here = try store.coordinates(of: registration.id, at: [Self.last]).first?.coordinates else {
                #expect(try store.directionScalars(of: registration.id).isEmpty)
                continue
            }
            if registration.origin < TrainingStep(120) {
                let before = try store.coordinates(of: registration.id, at: [TrainingStep(120)])
                #expect(before.map(\.coordinates.values) == [here.values])
                compared.older += here.values.count
            } else {
                #expect(try store.directionScalars(of: registration.id).map(\.coordinateAtOrigin) == here.values)
                compared.newest += here.values.count
            }
        }
        #expect(compared.older > 50 && compared.newest > 50)
        // Nothing moved, and every model that had a slope said that it would.
        let tests = try store.backtests(targets: [Self.last]).filter { $0.origin == TrainingStep(120) }
        #expect(!tests.isEmpty && tests.allSatisfy { $0.backtest.sumAA == 0 && $0.backtest.sumPP > 0 })
    }

    /// And the run goes on: a checkpoint that moves again is worked on.
    @Test func whatMovesAgainIsWorkedOnAgain() throws {
        let fixture = try fixture()
        let store = fixture.context.store
        try fixture.add(168)
        try fixture.pass(emits: false)
        #expect(try passes(store, at: TrainingStep(168)).values.allSatisfy { $0 >= 2 })
        #expect(try store.verdicts().contains { $0.step == TrainingStep(168) })
    }

    @Test func oneBitMakesOneWeightAnother() throws {
        let name: TensorName = "model.layers.1.mlp.up_proj.weight"
        let store = try fixture { fixture in
            let file = fixture.context.configuration.run.watch + "/checkpoint-\(Self.last)/model.safetensors"
            var bytes = try Data(contentsOf: URL(filePath: file))
            bytes[try Self.firstByte(of: name, in: bytes)] ^= 1
            try bytes.write(to: URL(filePath: file))
        }.context.store
        let passes = try passes(store, at: Self.last)
        #expect(passes.filter { $0.value > 0 }.map(\.key) == [name])
        let hashes = try store.factors(of: name, at: [TrainingStep(120), Self.last]).map(\.contentHash)
        #expect(hashes[0] != hashes[1])
        // Its coordinates differ by the bit, those of the others do not.
        for registration in try store.registrations() where registration.origin < TrainingStep(120) {
            let both = try store.coordinates(of: registration.id, at: [TrainingStep(120), Self.last])
            let scalars = try store.directionScalars(of: registration.id)
            try #require(both.count == (scalars.isEmpty ? 0 : 2))
            for (index, direction) in scalars.enumerated() where direction.module != name {
                #expect(both[0].coordinates.values[index] == both[1].coordinates.values[index])
            }
            #expect(scalars.contains { $0.module == name } == (both.first?.coordinates != both.last?.coordinates))
        }
    }

    /// Where a tensor's bytes begin in a safetensors file.
    private static func firstByte(of name: TensorName, in file: Data) throws -> Int {
        let length = file.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        let header = try JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length)) as? [String: Any]
        let tensor = try #require(header?[name.text] as? [String: Any])
        return 8 + length + (try #require((tensor["data_offsets"] as? [Int])?.first))
    }

    /// A checkpoint that comes late was not held against forecasts that were made after it.
    @Test func aLateRepetitionTakesTheFactorAndMakesThePassForItsCoordinates() throws {
        let fixture = try PipelineFixture(steps: [24, 48, 72, 96, 144])
        try fixture.pass(emits: false)
        try fixture.add(120, weightsOf: 96)
        try fixture.pass(emits: false)
        let store = fixture.context.store
        #expect(try passes(store, at: TrainingStep(120)).values.allSatisfy { $0 == 0 })
        var compared = 0
        for registration in try store.registrations() where registration.origin < TrainingStep(96) {
            let both = try store.coordinates(of: registration.id, at: [TrainingStep(96), TrainingStep(120)])
            #expect(both.first?.coordinates == both.last?.coordinates && both.count.isMultiple(of: 2))
            compared += both.count / 2
        }
        #expect(compared >= 3)
    }

    @Test func onlyTheSameWeightOfTheCheckpointBeforeIsKnown() throws {
        let store = try fixture().context.store
        let module = try #require(try store.factorSummaries(at: Self.last).first?.module)
        let stored = try #require(try store.factors(of: module.name, at: [Self.last]).first)
        let hash = try #require(stored.contentHash)
        let rank = stored.factor.triplets.count
        func known(
            _ hash: String, _ stored: StepFactor?, previous: TrainingStep = Self.last, rank: Int = rank
        ) throws -> RepeatedWeights.Known? {
            try RepeatedWeights(
                in: store, modules: [module], previous: previous, active: store.registrations(in: .active),
                factoriser: UpdateFactoriser(rank: rank)
            ).known(of: module, contentHash: hash, stored: stored)
        }
        #expect(try known(hash, stored)?.factor.triplets == stored.factor.triplets)
        #expect(try known(String(hash.reversed()), stored) == nil)
        #expect(try known(hash, nil) == nil)
        #expect(try known(hash, stored, previous: TrainingStep(120)) == nil)
        #expect(try known(hash, stored, rank: rank + 1) == nil)
        // What schemas 1 to 3 wrote, and what the solver was stopped at.
        #expect(try known(hash, StepFactor(step: stored.step, factor: stored.factor)) == nil)
        let stopped = UpdateFactor(
            triplets: stored.factor.triplets, frobeniusNorm: 1, baseNorm: 1, unchangedShare: 0,
            passes: SolverTolerances.method(rank: rank).mostPasses)
        #expect(try known(hash, StepFactor(step: stored.step, factor: stopped, contentHash: hash)) == nil)
    }
}
