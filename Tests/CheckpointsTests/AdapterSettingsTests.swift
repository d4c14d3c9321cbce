import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import Checkpoints

struct AdapterSettingsTests {
    private func settings(_ members: String, alpha: String = "\"lora_alpha\": 8") throws -> AdapterSettings {
        let parts = ["\"peft_type\": \"LORA\"", alpha, members].filter { !$0.isEmpty }
        return try AdapterSettings(json: Array("{\(parts.joined(separator: ", "))}".utf8))
    }

    private func problem(_ members: String, alpha: String = "\"lora_alpha\": 8") throws -> String {
        "\(try #require(throws: AdapterProblem.self) { try settings(members, alpha: alpha) })"
    }

    @Test func theScaleFollowsRankAlphaAndTheFirstPatternThatFits() throws {
        let plain = try settings("\"target_modules\": [\"q_proj\"]")
        #expect(plain.scale(of: "model.layers.0.self_attn.q_proj", rank: 4) == 2)
        let root = try settings("\"use_rslora\": true")
        #expect(root.scale(of: "q", rank: 4) == 4)
        let patterns = try settings(
            #""alpha_pattern": {"layers\\.1\\.mlp\\.(up|down)_proj": 2, "up_proj": 3, "x.*": 5}"#)
        #expect(patterns.scale(of: "model.layers.1.mlp.up_proj", rank: 1) == 2)
        #expect(patterns.scale(of: "model.layers.11.mlp.up_proj", rank: 1) == 3)
        #expect(patterns.scale(of: "up_proj", rank: 1) == 3)
        // From a dot on, and to the end.
        #expect(patterns.scale(of: "model.my_up_proj", rank: 1) == 8)
        #expect(patterns.scale(of: "model.up_proj.more", rank: 1) == 8)
        #expect(patterns.scale(of: "a.xyz", rank: 1) == 5)
    }

    @Test func whatVerlsMergerWritesWithoutKnowingAlphaIsRefused() throws {
        #expect(
            try problem("", alpha: "\"lora_alpha\": 0").contains(
                "lora_alpha cannot be used (got 0.0, expected the alpha"))
        #expect(try problem("", alpha: "").contains("lora_alpha cannot be used (got nothing"))
        #expect(try problem("", alpha: "\"lora_alpha\": NaN").contains("got nan"))
        #expect(try problem(#""alpha_pattern": {"q": "x"}"#).contains("alpha_pattern.q cannot be used"))
    }

    @Test func otherKindsAndUnknownSettingsAreRefusedByName() throws {
        let other = Array(#"{"peft_type": "IA3"}"#.utf8)
        #expect(
            throws: AdapterProblem.unsupported(setting: "peft_type = IA3", reason: "only LoRA adds a low-rank product")
        ) {
            try AdapterSettings(json: other)
        }
        #expect(
            try problem("\"use_tomorrow\": true").hasPrefix("use_tomorrow is not supported: this version does not know")
        )
        #expect(throws: Never.self) {
            try settings("\"use_tomorrow\": false, \"tomorrow_config\": null, \"tomorrow_list\": [], \"tomorrow\": {}")
        }
        #expect(try problem("\"kasa_config\": {\"beta\": 1}").contains("KaSA changes the base itself"))
        #expect(try problem("\"init_lora_weights\": \"pissa_niter_4\"").contains("the base was changed at the start"))
        #expect(throws: Never.self) { try settings("\"init_lora_weights\": \"Gaussian\"") }
    }

    @Test func hostileTextIsRefused() throws {
        #expect(try problem("\"r\": 8, \"r\": 8").contains("two settings"))
        #expect(
            try problem("\"use_rslora\": \"yes\"").contains(
                "use_rslora cannot be used (got \"yes\", expected true or false)"))
        for text in ["", "[]", "{\"peft_type\": \"LORA\"", "{\"peft_type\": \"LORA\"} x", "\u{FF}"] {
            #expect(throws: AdapterProblem.self) { try AdapterSettings(json: Array(text.utf8)) }
        }
        let deep = "{\"x\": " + String(repeating: "[", count: 100_000)
        #expect(throws: AdapterProblem.self) { try AdapterSettings(json: Array(deep.utf8)) }
    }

    /// A regular expression from a file must not be able to hang the daemon.
    @Test(arguments: ["(a+)+", "(a|a)*", "(x){9}", "a*b*c*d*", "(", "[z-a]", String(repeating: "a", count: 600)])
    func expressionsThatCouldTakeForEverAreRefused(key: String) throws {
        #expect(try problem("\"alpha_pattern\": {\"\(key)\": 1}").contains("a key of alpha_pattern cannot be used"))
    }

    @Test func threeRepetitionsOverALongPathEndSoon() throws {
        let pattern = try settings(#""alpha_pattern": {".*a.*b.*c": 1}"#)
        let path = String(repeating: "abababab.", count: 24)
        let start = ContinuousClock.now
        #expect(pattern.scale(of: path, rank: 1) == 8)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    /// Bytes of a real file changed, cut and doubled: read or refused, never a trap.
    @Test func damagedTextIsReadOrRefused() throws {
        let path = try ExampleRun.smallAdapters() + "/patterns/adapter/adapter_config.json"
        let whole = [UInt8](try Data(contentsOf: URL(filePath: path)))
        #expect(throws: Never.self) { try AdapterSettings(json: whole) }
        var random = SeededGenerator(seed: 5)
        var refused = 0
        for _ in 0..<2000 {
            var text = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text[place] = UInt8.random(in: 0...255, using: &random)
                case 1: text.removeSubrange(place..<min(text.count, place + 9))
                default: text.insert(contentsOf: text[place..<min(text.count, place + 20)], at: place)
                }
            }
            do throws(AdapterProblem) { _ = try AdapterSettings(json: text) } catch { refused += 1 }
        }
        #expect(refused > 1000 && refused < 2000)
    }

    private func adapter(_ tensors: [TinyTensor]) throws -> LowRankAdapter? {
        let place = try TemporaryDirectory()
        try place.write("{\"peft_type\": \"LORA\", \"lora_alpha\": 8}", to: "adapter_config.json")
        try place.write(TinyCheckpoint.safetensors(tensors), to: "adapter_model.safetensors")
        return try LowRankAdapter.open(directory: place.path)
    }

    private func refusal(_ tensors: TinyTensor...) throws -> String {
        "\(try #require(throws: CheckpointError.self) { try adapter(tensors) })"
    }

    private func matrix(_ name: String, _ rows: Int, _ columns: Int) -> TinyTensor {
        .float32("base_model.model." + name, [rows, columns], [Float](repeating: 1, count: rows * columns))
    }

    @Test func tensorsThatAreNoPairAreRefused() throws {
        let a = matrix("m.lora_A.weight", 2, 3), b = matrix("m.lora_B.weight", 4, 2)
        #expect(try adapter([a, b])?.pairs.count == 1)
        #expect(try adapter([matrix("m.lora_A.default.weight", 2, 3), matrix("m.lora_B.default.weight", 4, 2)]) != nil)
        #expect(try refusal(a).contains("an A without its B"))
        #expect(try refusal(b).contains("a B without its A"))
        #expect(try refusal(a, matrix("m.lora_B.weight", 4, 3)).contains("their ranks differ"))
        #expect(try refusal(a, .float32("base_model.model.m.lora_B.weight", [4, 0], [])).contains("one is empty"))
        #expect(
            try refusal(a, .float32("base_model.model.m.lora_B.weight", [8], [Float](repeating: 0, count: 8))).contains(
                "not matrices"))
        #expect(try adapter([a, b, matrix("lm_head.weight", 2, 2)])?.wholes.map(\.name.text) == ["lm_head.weight"])
        #expect(
            try refusal(a, b, .float32("base_model.model.m.lora_magnitude_vector", [4], [1, 1, 1, 1])).contains("DoRA"))
        #expect(try refusal(a, matrix("m.lora_A.default.weight", 2, 3), b).contains("a second matrix"))
        #expect(try refusal(a, b, .int64("base_model.model.n.lora_A.weight", [1, 1], [1])).contains("type I64"))
        #expect(try refusal().contains("no pair of lora_A and lora_B"))
    }

    @Test func anAdapterWithoutItsConfigurationIsNotFinished() throws {
        let place = try TemporaryDirectory()
        #expect(try LowRankAdapter.open(directory: place.path) == nil)
        try place.write(TinyCheckpoint.safetensors([]), to: "adapter_model.safetensors")
        let error = try #require(throws: CheckpointError.self) { try LowRankAdapter.open(directory: place.path) }
        #expect(error.severity == .unsettled && "\(error)".contains("adapter_config.json is not beside it"))
    }

    @Test func wholeWeightsCountWhereBothAreThere() throws {
        let place = try TemporaryDirectory()
        try TinyCheckpoint.write([.float32("w", [1], [1])], to: place.path)
        try place.write("{", to: "adapter_config.json")
        try place.write([], to: "adapter_model.safetensors")
        guard case .weights = try StoredCheckpoint.open(directory: place.path) else {
            Issue.record("an adapter was taken")
            return
        }
    }
}
