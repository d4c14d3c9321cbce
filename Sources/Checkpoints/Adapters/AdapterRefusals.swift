/// Which settings of `adapter_config.json` keep an adapter from being `scale B A` on top of the base, and why.
enum AdapterRefusals {
    /// Settings that do not change what the matrices mean, whatever their value, or that are read elsewhere.
    private static let harmless: Set = [
        "alpha_pattern", "auto_mapping", "bias", "base_model_name_or_path", "corda_config", "eva_config",
        "exclude_modules",
        "fan_in_fan_out", "inference_mode", "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha",
        "lora_dropout", "lora_ga_config", "megatron_config", "megatron_core", "modules_to_save", "peft_version",
        "qalora_group_size", "r",
        "rank_pattern", "revision", "runtime_config", "target_modules", "target_parameters", "task_type", "use_rslora",
        "velora_config",
    ]

    /// Those that do as soon as they are set.
    private static let reasons = [
        "use_dora": "DoRA divides each row of the sum by its norm, which is no low-rank update",
        "lora_bias": "it adds biases, which are not low-rank updates of a matrix",
        "trainable_token_indices": "it stores whole rows of the embedding beside the low-rank matrices",
        "layer_replication": "the trained model has more layers than the base",
        "alora_invocation_tokens": "an activated LoRA applies to some of the tokens only",
        "use_qalora": "QA-LoRA applies A to averages of the inputs",
        "use_bdlora": "its matrices are block-diagonal, and stored as their blocks",
        "arrow_config": "Arrow chooses among several adapters for each token",
        "kasa_config": "KaSA changes the base itself when it starts",
        "monteclora_config": "MonteCLoRA draws its matrices at random",
        "ensure_weight_tying": "one pair of matrices is applied to two modules",
    ]

    /// Ways to start after which the base is what it was, and `B A` is zero.
    private static let startsAtZero: Set = ["gaussian", "eva", "mica", "orthogonal"]

    static func check(_ values: [String: AdapterSettingValue]) throws(AdapterProblem) {
        try checkKind(values["peft_type"] ?? .null)
        for (name, value) in values.sorted(by: { $0.key < $1.key }) where value.isSet {
            if let reason = reasons[name] { throw .unsupported(setting: name, reason: reason) }
            switch name {
            case "init_lora_weights": try checkStart(value)
            case "peft_type": break
            default:
                guard harmless.contains(name) else {
                    throw .unsupported(setting: name, reason: "this version does not know what it does")
                }
            }
        }
        if values["init_lora_weights"] == .boolean(false) { try checkStart(.boolean(false)) }
    }

    private static func checkKind(_ value: AdapterSettingValue) throws(AdapterProblem) {
        guard case .text(let kind) = value else {
            throw .badSetting("peft_type", got: value.description, expected: "\"LORA\"")
        }
        guard kind == "LORA" else {
            throw .unsupported(setting: "peft_type = \(kind)", reason: "only LoRA adds a low-rank product")
        }
    }

    private static func checkStart(_ value: AdapterSettingValue) throws(AdapterProblem) {
        switch value {
        case .boolean(true): return
        case .boolean(false):
            throw .unsupported(
                setting: "init_lora_weights = false", reason: "the run starts from a random update, not from the base")
        case .text(let name) where startsAtZero.contains(name.lowercased()): return
        default:
            throw .unsupported(
                setting: "init_lora_weights = \(value)",
                reason: "the base was changed at the start, so that base and B A do not make the trained model"
            )
        }
    }
}
