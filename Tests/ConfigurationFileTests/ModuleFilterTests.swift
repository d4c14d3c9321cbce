import Testing
import Vocabulary

@testable import ConfigurationFile

struct ModuleFilterTests {
    @Test(arguments: [
        ("*", "", true), ("*", "a.b", true), ("", "", true), ("", "a", false), ("a.*.c", "a.b.b.c", true),
        ("a.*.c", "a.c", false), ("*a*b", "xxaxxbxxb", true), ("*a*b", "xxaxxbxxc", false), ("?", "é", true),
        ("?", "", false),
        ("??", "a", false), ("a?c", "a.c", true), ("**a", "a", true), ("A", "a", false), ("*.w", "x.w.b", false),
        ("[a]", "a", false), ("a*", "ba", false), ("*ab", "aab", true),
    ])
    func patternsMatchWholeNames(pattern: String, name: String, expected: Bool) {
        #expect(GlobPattern(pattern).matches(TensorName(name)) == expected)
    }

    @Test(.timeLimit(.minutes(1))) func manyStarsDoNotExplode() {
        let pattern = GlobPattern(String(repeating: "a*", count: 200) + "b")
        #expect(!pattern.matches(TensorName(String(repeating: "a", count: 5000))))
    }

    @Test(arguments: [
        "model.layers.0.self_attn.q_proj.weight", "model.layers.31.mlp.down_proj.weight",
        "model.layers.0.mlp.experts.7.gate_proj.weight", "model.layers.0.mlp.experts.gate_up_proj",
        "model.layers.0.mlp.shared_expert.up_proj.weight", "model.layers.0.block_sparse_moe.experts.3.w2.weight",
        "model.layers.0.self_attn.kv_a_proj_with_mqa.weight", "transformer.h.0.attn.c_attn.weight",
        "h.0.mlp.c_fc.weight",
        "gpt_neox.layers.0.attention.query_key_value.weight", "gpt_neox.layers.0.mlp.dense_4h_to_h.weight",
        "transformer.h.0.self_attention.query_key_value.weight", "model.layers.0.self_attn.qkv_proj.weight",
        "model.layers.0.mlp.fc1.weight", "model.decoder.layers.0.fc2.weight", "transformer.blocks.0.ffn.up_proj.weight",
        "model.layers.0.feed_forward.w1.weight", "model.layers.0.linear_attn.in_proj_qkvz.weight",
    ])
    func theDefaultTracksProjectionsOfKnownFamilies(name: String) {
        #expect(ModuleFilter().tracks(TensorName(name)))
    }

    @Test(arguments: [
        "model.embed_tokens.weight", "lm_head.weight", "model.norm.weight", "model.layers.0.input_layernorm.weight",
        "model.layers.0.self_attn.q_norm.weight", "model.layers.0.self_attn.q_proj.bias",
        "model.layers.0.mlp.gate.weight",
        "model.layers.0.block_sparse_moe.gate.weight", "model.layers.0.mlp.shared_expert_gate.weight",
        "model.layers.0.mlp.router.weight", "model.layers.0.mlp.experts.gate_up_proj_bias", "transformer.wte.weight",
        "transformer.h.0.attn.bias", "transformer.h.0.ln_1.weight", "model.layers.0.feed_forward.router.weight",
        "model.layers.0.linear_attn.conv1d.weight", "model.layers.0.mlp.gate.e_score_correction_bias",
    ])
    func theDefaultLeavesNormsBiasesRoutersAndEmbeddings(name: String) {
        #expect(!ModuleFilter().tracks(TensorName(name)))
    }

    @Test func excludeWinsAndAGivenListReplacesTheDefault() throws {
        let filter = ModuleFilter(include: ["lm_head.*", "a.*"], exclude: ["*.b"])
        #expect(filter.tracks("lm_head.weight") && filter.tracks("a.c"))
        #expect(!filter.tracks("a.b") && !filter.tracks("model.layers.0.self_attn.q_proj.weight"))
        let value = try configuration("[factors]\ninclude = [\"lm_head.weight\"]")
        #expect(value.factors.filter.tracks("lm_head.weight"))
        #expect(!value.factors.filter.tracks("model.layers.0.self_attn.q_proj.weight"))
    }

    @Test func candidatesAreNamedOnceForAllLayers() {
        let names: [TensorName] = ["model.layers.0.mixer.in.weight", "model.layers.1.mixer.in.weight", "head.weight"]
        #expect(ModuleFilter.candidatePatterns(among: names) == ["model.layers.*.mixer.in.weight", "head.weight"])
    }
}
