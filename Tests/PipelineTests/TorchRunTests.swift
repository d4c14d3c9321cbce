import Foundation
import Pipeline
import RunLayouts
import StatusAPI
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

    /// `adapter_model.bin`, as OpenRLHF with ZeRO-3 and older versions of PEFT write it, in folders of no trainer.
    @Test func anAdapterInATorchArchiveIsRecorded() throws {
        try TorchFixture.copy("peft-bin", to: place.path("run/lora-5"))
        let fixture = try PipelineFixture(watching: place.path("run"), base: TorchFixture.path("base"), in: place)
        try fixture.pass(emits: false)
        #expect(try fixture.context.store.checkpoints(in: .recorded).map(\.seen.layout) == ["peft"])
        for (name, wanted) in try Expected.load().lora { try check(fixture.context.store, step: 5, name, wanted) }
        let status = try StatusReport(context: fixture.context).status()
        #expect(status.layout.form == "PEFT adapter, torch archive, 1 file, float32")
    }

    /// Trainers whose weights in float32 lie in torch's own forms: by their own layouts, with nothing set.
    @Test(arguments: [
        ("prime-rl-run", "prime-rl", "/trainer", "torch.distributed.checkpoint, 2 files, float32"),
        ("nemo-rl-slices", "nemo-rl", "/policy/weights/model", "safetensors slices, 2 ranks, float32"),
        ("nemo-rl-dcp", "nemo-rl", "/policy/weights/model", "torch.distributed.checkpoint, 2 files, float32"),
        ("torchtitan-run", "torchtitan", "/step-30", "torch.distributed.checkpoint, 2 files, float32"),
    ])
    func aRunInTorchsFormsIsRecordedByItsOwnLayout(
        run: String, layout: String, place ending: String, form: String
    ) throws {
        try TorchFixture.copy(run, to: place.path("run"))
        let fixture = try PipelineFixture(watching: place.path("run"), base: TorchFixture.path("base"), in: place)
        try fixture.pass(emits: false)
        let recorded = try fixture.context.store.checkpoints(in: .recorded)
        #expect(recorded.map(\.step.value) == [10, 20, 30])
        #expect(recorded.last?.seen.directory.hasSuffix(ending) == true)
        let expected = try Expected.load()
        for step in [10, 20, 30] { try check(fixture.context.store, step: step, as: step / 10, expected) }
        let status = try StatusReport(context: fixture.context).status()
        #expect(status.layout.name == layout)
        #expect(status.layout.form == form)
    }

    /// prime-rl broadcasts a step in bfloat16 before it saves it in float32.
    @Test func aStepThatIsWrittenInASecondFormIsReadAgainAndIsNoRewind() throws {
        try TorchFixture.copy("prime-rl-run/broadcasts", to: place.path("run/broadcasts"))
        let fixture = try PipelineFixture(watching: place.path("run"), base: TorchFixture.path("base"), in: place)
        try fixture.pass(emits: false)
        #expect(try fixture.context.store.recordedSteps().map(\.value) == [10, 20, 30])
        try TorchFixture.copy(
            "prime-rl-run/checkpoints/step_30", to: place.path("run/checkpoints/step_30"))
        try fixture.pass(emits: false)
        #expect(try fixture.context.store.recordedSteps().map(\.value) == [10, 20, 30])
        let expected = try Expected.load()
        try check(fixture.context.store, step: 30, as: 3, expected)
        let replaced = try fixture.context.store.checkpoints(in: .superseded)
        #expect(replaced.map(\.step.value) == [30])
        #expect(replaced.first?.reason?.contains("in another form too, which is read from here on") == true)
        #expect(try fixture.context.store.checkpoints(in: .recorded).last?.seen.directory.hasSuffix("/trainer") == true)
    }

    @Test func torchtitansOwnNamesAreRefusedWithWhatToDo() throws {
        let folder = "run/checkpoint/step-5"
        let export = TinyCheckpoint.safetensors([
            .float32("tok_embeddings.weight", [2, 2], [1, 2, 3, 4]),
            .float32("layers.0.attention.wo.weight", [2, 2], [1, 2, 3, 4]),
        ])
        try place.makeDirectory(folder)
        try place.write(export, to: folder + "/model-00001-of-00001.safetensors")
        let map = ["tok_embeddings.weight", "layers.0.attention.wo.weight"].map {
            "\"\($0)\": \"model-00001-of-00001.safetensors\""
        }
        let index = "{\"metadata\": {\"total_size\": 32}, \"weight_map\": {\(map.joined(separator: ", "))}}"
        try place.write(Array(index.utf8), to: folder + "/model.safetensors.index.json")
        let fixture = try PipelineFixture(watching: place.path("run"), base: TorchFixture.path("base"), in: place)
        try fixture.pass(emits: false)
        let rejected = try fixture.context.store.checkpoints(in: .rejected)
        #expect(rejected.map(\.step.value) == [5])
        #expect(rejected.first?.reason?.contains("torchtitan's own names (tok_embeddings.weight and others)") == true)
        #expect(rejected.first?.reason?.contains("convert_to_hf.py") == true)
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
