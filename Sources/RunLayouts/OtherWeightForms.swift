/// Names what a folder without safetensors holds instead, and what to do about it.
enum OtherWeightForms {
    /// - Returns: the words, and whether more weights of this folder are not to be expected.
    static func words(for names: [String]) -> (words: String, isFinal: Bool) {
        let has = { (prefix: String) in names.contains { $0.hasPrefix(prefix) } }
        if has("adapter_config.json") {
            return ("no adapter_model.safetensors or adapter_model.bin beside adapter_config.json yet", false)
        }
        if names.contains(where: { $0.hasSuffix(".distcp") || $0 == "pytorch_model_fsdp_0" }) {
            return ("no .metadata beside the .distcp files yet, which torch.distributed.checkpoint writes last", false)
        }
        if has("pytorch_model_fsdp_0_rank") {
            return (
                "it holds per-rank files of accelerate (pytorch_model_fsdp_0_rank*.bin), which are not read; save with "
                    + "torch.distributed.checkpoint or a full state dict", true
            )
        }
        return ("no weights yet (model.safetensors, model.safetensors.index.json or pytorch_model.bin)", false)
    }
}
