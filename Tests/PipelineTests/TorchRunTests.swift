import Foundation
import Pipeline
import RunLayouts
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

/// Runs whose checkpoints torch itself wrote, recorded, against singular value decompositions by numpy of the same tensors.
struct TorchRunTests {
    private let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory() }

    struct Expected: Decodable {
        struct Triplets: Decodable {
            let norm: Double
            let sigma: [Double]
            /// `sigma u v^T` of the first, row-major.
            let first: [Double]
        }

        /// By module, then by step.
        let updates: [String: [String: Triplets]]
        /// By module: `2 B A` of the run with LoRA.
        let lora: [String: Triplets]

        static func load() throws -> Expected {
            try JSONDecoder().decode(
                Expected.self, from: Data(contentsOf: URL(filePath: TorchFixture.path("expected.json"))))
        }
    }

    /// The update's entries are differences of float32 in float32 (2^-24 each), factors are stored in float32, and the
    /// gap between the first two singular values is at least 0.7 of the first: errors stay below 9 columns times 2^-24 times
    /// 1.5 times 4 steps of rounding, 3e-6 of the norm. An adapter's gap is 0.25 at least, and its product is in double.
    private func check(_ store: TrajectoryDatabase, step: Int, as source: Int, _ expected: Expected) throws {
        for (name, steps) in expected.updates {
            let wanted = try #require(steps[String(source)])
            #expect(wanted.sigma[1] < 0.3 * wanted.sigma[0])
            try check(store, step: step, name, wanted)
        }
    }

    private func check(
        _ store: TrajectoryDatabase, step: Int, _ name: String, _ wanted: Expected.Triplets
    ) throws {
        do {
            let found = try store.factors(of: TensorName(name), at: [TrainingStep(step)])
            let factor = try #require(found.first?.factor)
            let tolerance = 3e-6 * wanted.norm
            #expect(abs(factor.frobeniusNorm - wanted.norm) < tolerance)
            for (value, sigma) in zip(factor.triplets.map(\.sigma), wanted.sigma) {
                #expect(abs(value - sigma) < tolerance)
            }
            let first = try #require(factor.triplets.first)
            let product = first.left.flatMap { left in
                first.right.map { first.sigma * Double(left) * Double($0) }
            }
            #expect(product.count == wanted.first.count)
            #expect(zip(product, wanted.first).allSatisfy { abs($0 - $1) < tolerance }, "\(name) at \(step)")
        }
    }

    @Test func aVerlRunIsRecordedFromItsShards() throws {
        try TorchFixture.copy("verl-run", to: place.path("run"))
        try place.write(Array("30".utf8), to: "run/latest_checkpointed_iteration.txt")
        let detection = LayoutRegistry.detect(in: place.path("run"))
        #expect(detection.layout?.name == "verl")
        let fixture = try PipelineFixture(
            watching: place.path("run"), base: TorchFixture.path("base"), in: place)
        try fixture.pass(emits: false)
        let recorded = try fixture.context.store.checkpoints(in: .recorded)
        #expect(recorded.map(\.step.value) == [10, 20, 30])
        #expect(recorded.allSatisfy { $0.seen.directory.hasSuffix("/actor") })
        let expected = try Expected.load()
        #expect(expected.updates.count == 8)
        for step in [10, 20, 30] { try check(fixture.context.store, step: step, as: step / 10, expected) }
    }

    /// The adapter's matrices lie in the shards, cut over two ranks; `lora_alpha` beside them.
    @Test func aVerlRunWithLoRAIsRecordedFromItsShards() throws {
        try TorchFixture.copy("fsdp2-lora-world-2", to: place.path("run/global_step_5/actor"))
        try place.write(Array("5".utf8), to: "run/latest_checkpointed_iteration.txt")
        let fixture = try PipelineFixture(
            watching: place.path("run"), base: TorchFixture.path("base"), in: place)
        try fixture.pass(emits: false)
        #expect(try fixture.context.store.checkpoints(in: .recorded).map(\.step.value) == [5])
        let expected = try Expected.load()
        #expect(expected.lora.count == 8)
        for (name, wanted) in expected.lora {
            #expect(wanted.sigma[1] < 0.75 * wanted.sigma[0])
            try check(fixture.context.store, step: 5, name, wanted)
        }
    }

    /// Every form of the same weights is a step of one run: whatever it is stored as, the same factors are recorded.
    @Test func everyFormGivesTheFactorsOfNumpy() throws {
        let forms = [
            "fsdp2-world-4", "fsdp2-world-1", "fsdp2-hybrid-2x2", "fsdp1-world-3", "fsdp1-world-1", "fsdp1-hybrid-2x2",
            "bin-one-file", "bin-two-files", "bin-views", "dcp-prime-rl", "dcp-plain", "dcp-slices", "whole",
        ]
        for (number, form) in forms.enumerated() {
            try TorchFixture.copy(form, to: place.path("run/step_\(number + 1)"))
        }
        let fixture = try PipelineFixture(
            watching: place.path("run"), base: TorchFixture.path("bin-base"), pattern: #"step_(\d+)"#, in: place)
        try fixture.pass(emits: false)
        let recorded = try fixture.context.store.checkpoints(in: .recorded)
        #expect(recorded.map(\.step.value) == Array(1...forms.count))
        #expect(Set(recorded.map(\.contentHash)).count == 1)
        let expected = try Expected.load()
        for step in 1...forms.count { try check(fixture.context.store, step: step, as: 1, expected) }
    }

    @Test func whatIsMissingOrHostileIsRefusedAndNothingOfItRecorded() throws {
        try TorchFixture.copy("verl-run", to: place.path("run"))
        let removed = "run/global_step_20/actor/model_world_size_2_rank_1.pt"
        try FileManager.default.removeItem(atPath: place.path(removed))
        // Of another save: five ranks' worth of rows where two are said to be.
        let other = try TorchFixture.bytes("fsdp2-world-4/model_world_size_4_rank_1.pt")
        try place.write(other, to: "run/global_step_30/actor/model_world_size_2_rank_1.pt")
        try place.write(Array("30".utf8), to: "run/latest_checkpointed_iteration.txt")
        let fixture = try PipelineFixture(
            watching: place.path("run"), base: TorchFixture.path("base"), in: place)
        try fixture.pass(emits: false)
        #expect(try fixture.context.store.checkpoints(in: .recorded).map(\.step.value) == [10])
        let rejected = try fixture.context.store.checkpoints(in: .rejected)
        #expect(rejected.map(\.step.value) == [20, 30])
        #expect(rejected.first?.reason?.contains("ranks 1 of 2 are missing") == true)
        #expect(rejected.last?.reason?.contains("shards of different saves are mixed") == true)
        #expect(try fixture.context.store.recordedSteps().map(\.value) == [10])
    }
}
