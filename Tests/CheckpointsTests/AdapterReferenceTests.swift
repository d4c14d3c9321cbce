import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import Checkpoints

/// Adapters that PEFT wrote, against what PEFT added to the base when it merged them (in double precision).
struct AdapterReferenceTests {
    private static let kinds = [
        "plain", "bfloat16", "patterns", "embedding", "conv1d", "conv1d-not-said", "orthogonal", "experts-apart",
        "experts-stacked", "whole-tensors",
    ]

    private func opened(_ name: String) throws -> (adapter: PlacedAdapter, base: any TensorSource) {
        let folder = try ExampleRun.smallAdapters() + "/" + name
        let base = try CheckpointReader.open(directory: folder + "/base")
        let adapter = try #require(try LowRankAdapter.open(directory: folder + "/adapter"))
        return (try adapter.placed(on: base), base)
    }

    /// `scale * b a`, row-major.
    private func product(_ placed: PlacedAdapter, _ module: TensorName) throws -> [Double] {
        let (part, factors) = try #require(try placed.factors(of: module))
        let b = factors.b.doubles(), a = factors.a.doubles(), columns = part.module.columns
        return (0..<part.module.rows * columns).map { place in
            let (row, column) = (place / columns, place % columns)
            return part.scale
                * (0..<part.innerRank).reduce(0) { $0 + b[row * part.innerRank + $1] * a[$1 * columns + column] }
        }
    }

    /// PEFT's sums are of weights of about 0.05 with updates of about 0.1, each rounded to double: 1e-16 at most.
    @Test(arguments: kinds) func everyMatrixOfTheBaseGetsWhatPEFTAddsToIt(name: String) throws {
        let (placed, base) = try opened(name)
        let expected = try CheckpointReader.open(
            file: ExampleRun.smallAdapters() + "/" + name + "/expected.safetensors")
        var seen: Set<TensorName> = []
        for part in placed.parts.values.map(\.module) {
            seen.insert(part.tensor)
            let found = try product(placed, part.name)
            let wanted = try expected.read(part).doubles()
            #expect(found.count == wanted.count)
            let worst = zip(found, wanted).map { abs($0 - $1) }.max() ?? 1
            #expect(worst <= 1e-15, "\(part.name)")
        }
        let merged = placed.merged(into: base)
        for name in placed.wholes.keys {
            seen.insert(name)
            let pairs = zip(try merged.read(name).doubles(), try base.read(name).doubles())
            let worst = zip(pairs, try expected.read(name).doubles()).map { abs($0.0 - $0.1 - $1) }.max() ?? 1
            #expect(worst <= 1e-15, "\(name)")
        }
        #expect(seen == Set(expected.tensors.map(\.name)))
        #expect(placed.parts.keys.allSatisfy { base.description(of: $0.slice?.tensor ?? $0) != nil })
    }

    @Test func stackedExpertsAreNamedAfterTheirPlace() throws {
        let (placed, _) = try opened("experts-stacked")
        let names = placed.parts.keys.filter { $0.text.contains("experts") }.map(\.text).sorted()
        let path = "model.layers.0.mlp.experts."
        #expect(names == ["down_proj", "gate_up_proj"].flatMap { name in (0..<3).map { "\(path)\(name)[\($0)]" } })
        let down = try #require(placed.parts[TensorName(path + "down_proj[2]")])
        #expect(down.innerRank == 2 && down.scale == 2 && down.module.rows == 16)
    }

    @Test func eachExpertReadsItsOwnMatricesAndTheStackOnce() throws {
        let (placed, _) = try opened("experts-apart")
        let gate = try #require(placed.parts["model.layers.1.mlp.experts.2.gate_proj.weight"])
        #expect(gate.innerRank == 4 && gate.upRows == 0..<12 && gate.expert == 2 && gate.expertCount == 3)
        let up = try #require(placed.parts["model.layers.1.mlp.experts.2.up_proj.weight"])
        #expect(up.upRows == 12..<24)
        // A of one expert, B of its half: 4 * (16 + 12) numbers of 4 bytes.
        #expect(gate.byteCount == 448)
    }

    @Test(arguments: [
        ("dora", "use_dora"), ("pissa", "init_lora_weights = \"pissa\""), ("olora", "init_lora_weights = \"olora\""),
        ("random-start", "init_lora_weights = false"), ("lora-bias", "lora_bias"),
        ("token-indices", "trainable_token_indices"),
        ("layer-replication", "layer_replication"),
    ])
    func whatAddsSomethingElseIsRefusedByName(name: String, setting: String) throws {
        let folder = try ExampleRun.smallAdapters() + "/refused/" + name
        let error = try #require(throws: CheckpointError.self) { try LowRankAdapter.open(directory: folder) }
        #expect(error.severity == .unusable)
        #expect("\(error)".contains("adapter_config.json: \(setting) is not supported: "), "\(error)")
    }

    /// What PEFT trains whole lies in the base's places: matrices, a norm and biases, as bytes too.
    @Test func whatWasTrainedWholeIsInThePlacesOfTheBase() throws {
        let (placed, base) = try opened("whole-tensors")
        let names = placed.wholes.keys.map(\.text).sorted()
        #expect(
            names == [
                "lm_head.weight", "model.layers.0.input_layernorm.weight", "model.layers.0.self_attn.q_proj.bias",
                "model.layers.1.input_layernorm.weight", "model.layers.1.mlp.down_proj.weight",
                "model.layers.1.self_attn.q_proj.bias",
            ])
        let merged = placed.merged(into: base)
        #expect(merged.tensors == base.tensors)
        for tensor in base.tensors {
            let values = try merged.read(tensor.name)
            #expect(values.isIdentical(to: try base.read(tensor.name)) == !placed.wholes.keys.contains(tensor.name))
            var bytes: [UInt8] = []
            try merged.copyBytes(tensor.name, chunk: 24) { bytes += $0 }
            let bits = values.floats().map(\.bitPattern)
            #expect(bytes == bits.flatMap { bits in (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) } })
            let row = values.floats().dropFirst(tensor.elementsPerRow).prefix(tensor.elementsPerRow)
            #expect(try merged.readRows(tensor.name, 1..<2).floats() == Array(row))
        }
        try merged.verifyUnchanged()
    }

    /// A base in bfloat16 stays one: what the adapter holds in float32 is rounded once, bytes too.
    @Test func whatWasTrainedWholeTakesTheTypeOfTheBase() throws {
        let place = try TemporaryDirectory()
        let values: [Float] = [1, 1.00390625, -3.3, 0, 7, 1e-3]
        try place.write(
            TinyCheckpoint.safetensors([.bfloat16("w", [3, 2], [0, 0, 0, 0, 0, 0])]), to: "base.safetensors")
        try place.write(TinyCheckpoint.safetensors([.float32("m.w", [3, 2], values)]), to: "adapter.safetensors")
        let merged = MergedTensors(
            base: try CheckpointReader.open(file: place.path("base.safetensors")),
            adapter: try CheckpointReader.open(file: place.path("adapter.safetensors")), names: ["w": "m.w"])
        let wanted = values.map { Rounding.bfloat16($0) }
        #expect(try merged.read("w") == .bfloat16(wanted))
        for chunk in [1, 3, 4, 100] {
            var bytes: [UInt8] = []
            try merged.copyBytes("w", chunk: chunk) {
                #expect($0.count <= chunk)
                bytes += $0
            }
            #expect(bytes == wanted.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
        }
    }

    /// No whole model of a base that ties its output layer could hold one that was trained apart.
    @Test func anOutputLayerThatTheBaseTiesIsRefused() throws {
        let root = try ExampleRun.smallAdapters()
        let adapter = try #require(try LowRankAdapter.open(directory: root + "/refused/modules-to-save"))
        let base = try CheckpointReader.open(directory: root + "/plain/base")
        let error = try #require(throws: CheckpointError.self) { try adapter.placed(on: base) }
        #expect(
            "\(error)".contains("lm_head.weight, which it trains whole (modules_to_save, bias), is missing or tied"))
    }

    /// The one of GPT-2 over Llama, and one of a wider model.
    @Test func anAdapterOfAnotherBaseIsRefusedWithTheFirstDifference() throws {
        let root = try ExampleRun.smallAdapters()
        let base = try CheckpointReader.open(directory: root + "/plain/base")
        let other = try #require(try LowRankAdapter.open(directory: root + "/conv1d/adapter"))
        let error = try #require(throws: CheckpointError.self) { try other.placed(on: base) }
        #expect(
            "\(error)".contains("transformer.h.0.attn.c_attn.weight is missing and 3 more (base \(root)/plain/base)"))
        #expect(error.severity == .unusable)
        let experts = try #require(try LowRankAdapter.open(directory: root + "/experts-stacked/adapter"))
        let apart = try CheckpointReader.open(directory: root + "/experts-apart/base")
        let words = "\(try #require(throws: CheckpointError.self) { try experts.placed(on: apart) })"
        #expect(words.contains("model.layers.0.mlp.experts.gate_up_proj has 3 experts of 24 x 16"), "\(words)")
    }

    @Test(.enabled(if: ReferencePython.hasModels, "ALPHARL_TEST_PYTHON has no torch, transformers and peft"))
    func thePinnedPEFTStillWritesTheSame() throws {
        let place = try TemporaryDirectory()
        _ = try ReferencePython.run(
            script: ExampleRun.repository + "Tests/Reference/make_adapters.py", [place.path("adapters")])
        for name in Self.kinds {
            for file in ["adapter/adapter_model", "expected"] {
                let path = "/\(name)/\(file).safetensors"
                let now = try CheckpointReader.open(file: place.path("adapters") + path)
                let kept = try CheckpointReader.open(file: ExampleRun.smallAdapters() + path)
                #expect(now.tensors == kept.tensors)
                for tensor in kept.tensors {
                    let pairs = zip(try now.read(tensor.name).doubles(), try kept.read(tensor.name).doubles())
                    #expect(pairs.allSatisfy { abs($0 - $1) <= 1e-7 }, "\(path) \(tensor.name)")
                }
            }
        }
    }
}
