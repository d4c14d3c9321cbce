import Files
import Vocabulary

/// The FSDP shards of a verl run with LoRA: the adapter's matrices under PEFT's names, beside the frozen weights as
/// `base_layer`, or alone where `save_lora_only` is set. `lora_alpha` is in `lora_train_meta.json` (verl 0.9). Source:
/// verl `fsdp_checkpoint_manager.py` 0.9.1.
extension LowRankAdapter {
    public static let trainingFileName = "lora_train_meta.json"

    /// Nil for shards without such matrices.
    ///
    /// - Throws: `CheckpointError.badAdapter` where nothing says what `lora_alpha` was.
    static func open(
        among shards: AssembledSource, _ calls: FileSystemCalls
    ) throws(CheckpointError) -> LowRankAdapter? {
        guard shards.tensors.contains(where: { $0.name.text.contains(".lora_") }) else { return nil }
        let path = FileTree.join(shards.directory, trainingFileName)
        guard let reader = try CheckpointReader.openIfPresent(path, calls) else {
            throw .badAdapter(file: path, .noTrainingFile)
        }
        guard reader.identity.size <= Int64(AdapterSettings.largestFile) else {
            throw .badAdapter(file: path, .tooLarge(bytes: reader.identity.size))
        }
        let json = try reader.bytes(count: Int(reader.identity.size), at: 0)
        // What is frozen is the base's; copies of what is adapted are held against it.
        let own = shards.selecting { name in
            name.contains(".lora_") || name.contains(".modules_to_save.") || name.hasSuffix(".base_layer.weight")
        }
        do { return try LowRankAdapter(source: own, settings: AdapterSettings(verlTraining: json)) } catch {
            throw .badAdapter(file: path, error)
        }
    }
}

extension AdapterSettings {
    /// From verl's `lora_train_meta.json`: `{"r", "lora_alpha", "task_type"}`. verl knows neither rsLoRA nor patterns.
    init(verlTraining json: [UInt8]) throws(AdapterProblem) {
        let values = try AdapterSettingValue.members(of: json)
        for name in values.keys.sorted() where !["r", "lora_alpha", "task_type"].contains(name) {
            throw .unsupported(setting: name, reason: "this version does not know what it does")
        }
        let kind: [String: AdapterSettingValue] = ["peft_type": .text("LORA")]
        try self.init(values: values.merging(kind) { _, new in new })
    }
}
