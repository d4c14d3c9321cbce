import Checkpoints
import Vocabulary

/// One module as PEFT knows it: `model.layers.0.mlp.up_proj` for the weight `model.layers.0.mlp.up_proj.weight`.
struct AdapterTarget: Hashable {
    static let configurationName = "adapter_config.json"
    static let weightsName = "adapter_model.safetensors"

    /// Models of transformers whose layers store their weights `[in, out]` (`Conv1D`).
    static let transposedModels: Set = ["decision_transformer", "gpt2", "imagegpt", "openai-gpt"]

    private static let ending = ".weight"
    /// Last words of modules that are looked up, not multiplied. PEFT has another form for these, which servers take for
    /// some models only.
    private static let embeddings: Set = [
        "embed_tokens", "embed_in", "embed_positions", "tok_embeddings", "word_embeddings", "wpe", "wte",
    ]

    let path: String

    /// - Throws: `EmissionError.notAdaptable`.
    init(_ name: TensorName) throws(EmissionError) {
        guard name.slice == nil else {
            throw .notAdaptable(
                name, reason: "it is one of the experts that the base stores as one tensor, for which servers differ")
        }
        guard name.text.hasSuffix(Self.ending), name.text.count > Self.ending.count else {
            throw .notAdaptable(name, reason: "PEFT names modules, whose weights end in \(Self.ending)")
        }
        path = String(name.text.dropLast(Self.ending.count))
        guard !Self.embeddings.contains(Self.lastWord(of: path)) else {
            throw .notAdaptable(name, reason: "it is an embedding, which servers do not take from every adapter")
        }
    }

    /// r x in.
    var downName: TensorName { TensorName("base_model.model.\(path).lora_A.weight") }
    /// out x r.
    var upName: TensorName { TensorName("base_model.model.\(path).lora_B.weight") }

    /// What `target_modules` says: the modules' last words, sorted, which every server understands; their whole paths
    /// where a word would also name a matrix of the base that the adapter leaves alone.
    static func names(of targets: [AdapterTarget], in base: any TensorSource) -> [String] {
        let words = Set(targets.map { lastWord(of: $0.path) })
        let paths = Set(targets.map(\.path))
        let isAmbiguous = base.tensors.contains { tensor in
            guard tensor.shape.isMatrix, tensor.name.text.hasSuffix(ending) else { return false }
            let path = String(tensor.name.text.dropLast(ending.count))
            return !paths.contains(path) && words.contains(lastWord(of: path))
        }
        return (isAmbiguous ? paths : words).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func lastWord(of path: String) -> String {
        path.split(separator: ".", omittingEmptySubsequences: false).last.map(String.init) ?? path
    }
}
