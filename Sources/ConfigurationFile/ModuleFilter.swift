import Vocabulary

/// Which tensors are tracked: those that match a pattern of `include` and none of `exclude`.
///
/// A list that the user gives replaces the default list, it does not add to it.
public struct ModuleFilter: Hashable, Sendable {
    public let include: [GlobPattern]
    public let exclude: [GlobPattern]

    public init(include: [String] = defaultInclude, exclude: [String] = defaultExclude) {
        self.include = include.map(GlobPattern.init)
        self.exclude = exclude.map(GlobPattern.init)
    }

    /// By name alone; whether the tensor is a matrix of numbers is for the reader of its header to say.
    public func tracks(_ name: TensorName) -> Bool {
        include.contains { $0.matches(name) } && !exclude.contains { $0.matches(name) }
    }

    /// Attention and feed-forward projections of the families that people train with reinforcement learning.
    public static let defaultInclude = [
        // Llama, Qwen, Mistral, Gemma, DeepSeek, Phi, OPT; with Qwen-MoE's and DeepSeek's experts and shared experts.
        "*.self_attn.*.weight", "*.mlp.*.weight",
        // Experts fused into one tensor for a layer, which has no `.weight`: Qwen3-MoE since transformers 5, gpt-oss.
        "*.mlp.experts.*",
        // Linear attention of Qwen3-Next.
        "*.linear_attn.*proj*.weight",
        // Mixtral.
        "*.block_sparse_moe.experts.*",
        // GPT-2, GPT-J, MPT, Qwen 1, vision towers; GPT-NeoX, Pythia, InternLM2; Falcon, Bloom, ChatGLM.
        "*.attn.*.weight", "*.attention.*.weight", "*.self_attention.*.weight",
        // InternLM2 and Llama 4; MPT; OPT.
        "*.feed_forward.*", "*.ffn.*.weight", "*.layers.*.fc?.weight",
    ]

    /// Norms, biases, and the routers of mixtures of experts: a router's small change means a different expert.
    public static let defaultExclude = [
        "*norm*", "*bias", "*.gate.weight", "*.shared_expert_gate.weight", "*router*",
    ]

    /// What could have been tracked, for the error that says that nothing was: the names with each number between
    /// dots replaced by `*`, each once, in the order of their first appearance.
    ///
    /// - Parameter names: the names of the checkpoint's matrices.
    public static func candidatePatterns(among names: [TensorName]) -> [String] {
        var seen: Set<String> = []
        return names.compactMap { name in
            let parts = name.text.split(separator: ".", omittingEmptySubsequences: false)
            let pattern = parts.map { Int($0) == nil ? String($0) : "*" }.joined(separator: ".")
            return seen.insert(pattern).inserted ? pattern : nil
        }
    }
}
