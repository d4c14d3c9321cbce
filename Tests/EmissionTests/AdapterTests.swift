import Checkpoints
import Emission
import Files
import Foundation
import TestSupport
import Testing
import Vocabulary

/// The adapter's files: what PEFT, vLLM and SGLang read.
struct AdapterTests {
    var fixture: AdapterFixture

    init() throws { fixture = try AdapterFixture() }

    private func file(_ name: String) throws -> String {
        try fixture.emission.folder.text(of: "predicted/step-00000240-from-00000120-adapter/\(name)")
    }

    private func configuration() throws -> [String: Any] {
        let text = try file("adapter_config.json")
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func whole(_ name: TensorName, _ components: Int = 1) throws -> ModuleUpdate {
        let movement = LowRankMatrix(Array(fixture.emission.movement[name]?.components.prefix(components) ?? []))
        return ModuleUpdate(module: try fixture.module(name), observed: nil, movement: movement)
    }

    private func both() throws -> [ModuleUpdate] {
        [try whole(AdapterFixture.query), try whole(AdapterFixture.mlp)]
    }

    /// Every byte of the weights file: the header of the reference implementation, A = v^T and B = s u.
    @Test func aWholePredictionIsItsVectorsWithTheScaleInB() throws {
        let path = try fixture.publish(both(), rank: 1).path
        var expected: [TinyTensor] = []
        for (name, rows, columns) in [(AdapterFixture.mlp, 9, 4), (AdapterFixture.query, 5, 7)] {
            let component = try #require(fixture.emission.movement[name]?.components.first)
            let stem = "base_model.model." + name.text.dropLast(7)
            expected.append(.float32(stem + ".lora_A.weight", [1, columns], component.right))
            let left = component.left.map { Float(component.scale * Double($0)) }
            expected.append(.float32(stem + ".lora_B.weight", [rows, 1], left))
        }
        var bytes = TinyCheckpoint.safetensors(expected)
        let found = try fixture.emission.folder.bytes(
            of: "predicted/step-00000240-from-00000120-adapter/adapter_model.safetensors")
        // The helper does not pad its header.
        let (count, padded) = (Int(bytes[0]) + 256 * Int(bytes[1]), Int(found[0]) + 256 * Int(found[1]))
        bytes.insert(contentsOf: [UInt8](repeating: 32, count: padded - count), at: 8 + count)
        bytes[0...1] = found[0...1]
        #expect(padded % 8 == 0 && found == bytes)
        #expect(
            try fixture.emission.folder.names(in: "predicted/" + path.split(separator: "/").last!) == [
                "adapter_config.json", "adapter_model.safetensors", "alpharl.json",
            ])
    }

    @Test func theConfigurationIsWhatEveryServerReadsAlike() throws {
        _ = try fixture.publish(both(), rank: 1)
        let found = try configuration()
        #expect(found["peft_type"] as? String == "LORA" && found["task_type"] as? String == "CAUSAL_LM")
        #expect(found["r"] as? Int == 1 && found["lora_alpha"] as? Int == 1)
        for key in ["use_rslora", "use_dora", "fan_in_fan_out"] { #expect(found[key] as? Bool == false) }
        #expect((found["rank_pattern"] as? [String: Any])?.isEmpty == true)
        #expect((found["alpha_pattern"] as? [String: Any])?.isEmpty == true)
        #expect(found["bias"] as? String == "none")
        #expect(found["modules_to_save"] is NSNull && found["layer_replication"] is NSNull)
        #expect(found["base_model_name_or_path"] as? String == fixture.base.directory)
        #expect(found["target_modules"] as? [String] == ["mlp", "q_proj"])
    }

    /// A word would make loaders expect an adapter in layers that have none.
    @Test func targetModulesAreWholePathsWhereAWordWouldNameMore() throws {
        let tensors = (0..<2).map {
            TinyTensor.float32("layers.\($0).mlp.weight", [9, 4], [Float](repeating: 1, count: 36))
        }
        try TinyCheckpoint.write(tensors, to: fixture.emission.folder.path("two"))
        let base = try CheckpointReader.open(directory: fixture.emission.folder.path("two"))
        let request = fixture.request([try whole(AdapterFixture.mlp)], rank: 1, base: base)
        _ = try fixture.emission.builder().publish(request)
        #expect(try configuration()["target_modules"] as? [String] == ["layers.0.mlp"])
    }

    @Test func theManifestSaysItsRankItsShareAndWhatItDoesNotHold() throws {
        let published = try fixture.publish(both(), rank: 1)
        let text = try file("alpharl.json")
        #expect(PredictionManifest(decoding: Array(text.utf8)) == published.manifest)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let adapter = try #require(object["adapter"] as? [String: Any])
        #expect(adapter.keys.sorted() == ["modules", "other_tensors", "rank", "update_share", "update_share_is_exact"])
        #expect(adapter["rank"] as? Int == 1 && adapter["modules"] as? Int == 2)
        #expect(adapter["update_share"] as? Double == 1 && adapter["update_share_is_exact"] as? Bool == true)
        #expect(adapter["other_tensors"] as? String == "base")
        #expect(object["format"] as? String == "adapter" && object["dtype"] as? String == "float32")
        #expect(published.manifest.files.map(\.name) == ["adapter_config.json", "adapter_model.safetensors"])
    }

    @Test func modulesOfALowerRankArePaddedWithZeros() throws {
        let path = try fixture.publish([whole(AdapterFixture.query, 3), whole(AdapterFixture.mlp)], rank: 3).path
        let source = try CheckpointReader.open(file: path + "/adapter_model.safetensors")
        let down = try source.read("base_model.model.layers.0.mlp.lora_A.weight").floats()
        let up = try source.read("base_model.model.layers.0.mlp.lora_B.weight").floats()
        let component = try #require(fixture.emission.movement[AdapterFixture.mlp]?.components.first)
        #expect(down == component.right + [Float](repeating: 0, count: 8))
        #expect(up == component.left.flatMap { [Float(component.scale * Double($0)), 0, 0] })
    }

    @Test func anUpdateOfZeroIsZerosThatHoldAllOfIt() throws {
        let zero = UpdateFactor(triplets: [], frobeniusNorm: 0, baseNorm: 1, unchangedShare: 1, passes: 1)
        let update = ModuleUpdate(module: try fixture.module(AdapterFixture.mlp), observed: zero, movement: .zero)
        let published = try fixture.publish([update], rank: 2)
        #expect(published.manifest.adapter?.updateShare == 1)
        let source = try CheckpointReader.open(file: published.path + "/adapter_model.safetensors")
        #expect(source.tensors.map(\.shape) == [[2, 4], [9, 2]])
        for tensor in source.tensors { #expect(try source.read(tensor.name).floats().allSatisfy { $0 == 0 }) }
    }

    @Test func bfloat16IsRoundedToNearest() throws {
        var fixture = fixture
        fixture.emission.settings.dtype = .bfloat16
        let published = try fixture.publish(both(), rank: 1)
        #expect(published.manifest.dtype == "bfloat16")
        let source = try CheckpointReader.open(file: published.path + "/adapter_model.safetensors")
        let component = try #require(fixture.emission.movement[AdapterFixture.mlp]?.components.first)
        #expect(
            try source.read("base_model.model.layers.0.mlp.lora_A.weight")
                == .bfloat16(component.right.map { Rounding.bfloat16($0) }))
    }

    @Test(arguments: ["layers.0.experts", "weight", ".weight", "model.embed_tokens.weight", "wte.weight"])
    func aTensorThatAnAdapterCannotNameIsRefusedByName(name: String) throws {
        try TinyCheckpoint.write(
            [.float32(name, [2, 2], [1, 2, 3, 4])], to: fixture.emission.folder.path("odd"))
        let base = try CheckpointReader.open(directory: fixture.emission.folder.path("odd"))
        let module = Module(name: TensorName(name), rows: 2, columns: 2)
        let request = fixture.request(
            [ModuleUpdate(module: module, observed: nil, movement: .zero)], rank: 1, base: base)
        let error = #expect(throws: EmissionError.self) { try fixture.emission.builder().publish(request) }
        guard case .notAdaptable(module.name, _) = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
        #expect(error?.description.contains("factors.exclude") == true)
        #expect(try fixture.emission.folder.names(in: "predicted") == [])
    }

    @Test func aModelThatStoresItsWeightsTransposedIsRefused() throws {
        let config =
            "{\"architectures\": [\"GPT2LMHeadModel\"], \"model_type\": \"gpt2\", \"x\": {\"model_type\": \"y\"}}"
        try fixture.emission.folder.write(config, to: "base/config.json")
        #expect(
            throws: EmissionError.notAdaptable(
                AdapterFixture.query, reason: "models of type gpt2 store their weights transposed")
        ) { try fixture.publish(both(), rank: 1) }
        try fixture.emission.folder.write("{\"model_type\": null}", to: "base/config.json")
        #expect(try fixture.publish(both(), rank: 1).manifest.adapter?.rank == 1)
    }

    @Test func aModuleThatTheBaseLacksOrHasInAnotherShapeIsRefused() throws {
        let missing = Module(name: "none.weight", rows: 2, columns: 2)
        #expect(
            throws: EmissionError.checkpoint(.missingTensor("none.weight", directory: fixture.base.directory))
        ) {
            try fixture.publish([ModuleUpdate(module: missing, observed: nil, movement: .zero)], rank: 1)
        }
        let other = Module(name: AdapterFixture.mlp, rows: 4, columns: 9)
        #expect(throws: EmissionError.wrongShape(AdapterFixture.mlp, left: 4, right: 9, shape: [9, 4])) {
            try fixture.publish([ModuleUpdate(module: other, observed: nil, movement: .zero)], rank: 1)
        }
    }

    @Test func aNumberBeyondTheTypeIsRefusedWithItsPlace() throws {
        let movement = LowRankMatrix([
            RankOneComponent(scale: 1e39, left: [0, 0, 1, 0, 0, 0, 0, 0, 0], right: [1, 0, 0, 0])
        ])
        let update = ModuleUpdate(module: try fixture.module(AdapterFixture.mlp), observed: nil, movement: movement)
        #expect(
            throws: EmissionError.notFinite(
                "base_model.model.layers.0.mlp.lora_B.weight", row: 2, column: 0, type: .float32)
        ) { try fixture.publish([update], rank: 1) }
        #expect(try fixture.emission.folder.names(in: "predicted") == [])
    }

    /// Whichever is written last.
    @Test(arguments: [true, false])
    func latestIsTheFullFormWhereThereIsOne(fullFirst: Bool) throws {
        let link = fixture.emission.settings.directory + "/latest"
        let full = { _ = try fixture.emission.builder().publish(fixture.emission.request()) }
        if fullFirst { try full() }
        let published = try fixture.publish(both(), rank: 1)
        #expect(published.path.hasSuffix("/step-00000240-from-00000120-adapter"))
        if !fullFirst {
            #expect(try FileTree().linkTarget(of: link) == "step-00000240-from-00000120-adapter")
            try full()
        }
        #expect(try FileTree().linkTarget(of: link) == "step-00000240-from-00000120")
    }

    @Test func anAdapterThatIsThereAlreadyIsTakenAsItIs() throws {
        let provenance = fixture.emission.provenance()
        #expect(try fixture.emission.builder().existing(matching: provenance, as: .adapter) == nil)
        let first = try fixture.publish(both(), rank: 1)
        let again = try fixture.publish(both(), rank: 1)
        #expect(!first.wasThere && again.wasThere && again.manifest == first.manifest)
        #expect(try fixture.emission.builder().existing(matching: provenance, as: .adapter)?.path == first.path)
        #expect(try fixture.emission.builder().existing(matching: provenance) == nil)
    }
}
