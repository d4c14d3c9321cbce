import Vocabulary

/// What a tensor of an adapter is, by its name. Source: PEFT 0.21.2, `utils/save_and_load.py`.
struct AdapterTensorName: Hashable {
    enum Role: Hashable {
        /// A, `[r, in]`, and B, `[out, r]`.
        case down, up
        /// The same of an embedding: `[r, tokens]` and `[width, r]`.
        case embeddingDown, embeddingUp
        /// A copy of the base's embedding, which PEFT saves beside its matrices.
        case copyOfBase
        /// A tensor that was trained whole (`modules_to_save`, biases); `path` is its name in the base.
        case whole
    }

    /// The module's path in the model: `model.layers.0.self_attn.q_proj`.
    let path: String
    /// How many wrappers are around this one: several parameters of one module are wrapped one in the other.
    let depth: Int
    let role: Role

    /// A name of the adapter (`default`) may stand where PEFT takes it away on saving.
    private static let endings: [(text: String, role: Role)] = [
        (".lora_A.weight", .down), (".lora_B.weight", .up),
        (".lora_A.default.weight", .down), (".lora_B.default.weight", .up),
        (".lora_embedding_A", .embeddingDown), (".lora_embedding_B", .embeddingUp),
        (".lora_embedding_A.default", .embeddingDown), (".lora_embedding_B.default", .embeddingUp),
        (".base_layer.weight", .copyOfBase),
    ]

    private static let refusals = [
        ("lora_magnitude_vector", "the magnitudes of DoRA, which divides rows by their norms"),
        ("lora_B.bias", "a bias (lora_bias), which is no update of a matrix"),
        ("trainable_tokens", "rows of the embedding (trainable_token_indices)"),
        ("lora_lambda", "the singular values of AdaLoRA"),
    ]

    /// - Throws: `AdapterProblem.unexpectedTensor`.
    init(_ name: TensorName) throws(AdapterProblem) {
        for (part, reason) in Self.refusals where name.text.contains(part) {
            throw .unexpectedTensor(name, reason: reason)
        }
        guard let ending = Self.endings.first(where: { name.text.hasSuffix($0.text) }) else {
            (path, depth, role) = (Self.wholeName(name.text), 0, .whole)
            return
        }
        var rest = name.text.dropLast(ending.text.count)
        if rest.hasPrefix("base_model.model.") { rest = rest.dropFirst("base_model.model.".count) }
        var depth = 0
        while rest.hasSuffix(".base_layer") {
            rest = rest.dropLast(".base_layer".count)
            depth += 1
        }
        path = String(rest)
        self.depth = depth
        role = ending.role
    }

    /// Without what PEFT puts before and between: its prefix, its wrappers, the adapter's name.
    private static func wholeName(_ name: String) -> String {
        var rest = name
        if rest.hasPrefix("base_model.model.") { rest = String(rest.dropFirst("base_model.model.".count)) }
        for part in [".modules_to_save.default.", ".modules_to_save.", ".base_layer."] {
            rest = rest.replacing(part, with: ".")
        }
        return rest
    }
}
