/// Names what a folder without safetensors holds instead, and what to do about it.
enum OtherWeightForms {
    /// - Returns: the words, and whether more weights of this folder are not to be expected.
    static func words(for names: [String]) -> (words: String, isFinal: Bool) {
        let has = { (prefix: String) in names.contains { $0.hasPrefix(prefix) } }
        if has("adapter_model.bin") {
            return (
                "it holds a PEFT adapter as adapter_model.bin, which is not read; save it as adapter_model.safetensors",
                true
            )
        }
        if has("adapter_config.json") { return ("no adapter_model.safetensors beside adapter_config.json yet", false) }
        if has("pytorch_model_fsdp") || names.contains(where: { $0.hasSuffix(".distcp") }) || has(".metadata") {
            return (
                "it holds sharded training state (torch.distributed.checkpoint), not whole weights; have the trainer save "
                    + "a full state dict", true
            )
        }
        if has("pytorch_model") {
            return ("it holds pytorch_model*.bin, which this version does not read; save safetensors", true)
        }
        if has("shard-") {
            return ("it holds slices of weights; have the trainer consolidate them", true)
        }
        return ("no weights yet (model.safetensors or model.safetensors.index.json)", false)
    }
}
