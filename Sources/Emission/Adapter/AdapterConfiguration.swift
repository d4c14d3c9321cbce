import Checkpoints

/// `adapter_config.json` in the form that PEFT, vLLM and SGLang read alike: one rank, `lora_alpha = r` and so a scale of
/// 1 (the scale is in B), no patterns, no bias, nothing saved beside it.
///
/// Servers differ in what they overlook: SGLang 0.5.23 takes the scale from the top-level keys only, vLLM before 0.33
/// ignores the patterns. Source: PEFT 0.21.2, `tuners/lora/config.py`.
struct AdapterConfiguration {
    let rank: Int
    let targetModules: [String]
    /// The base's folder, which `AutoPeftModel` loads.
    let base: String

    /// JSON with sorted keys: the same values are the same bytes.
    func encoded() -> [UInt8] {
        let modules = targetModules.map { "\n    " + JSONText.quoted($0) }.joined(separator: ",")
        let members = [
            ("alpha_pattern", "{}"), ("auto_mapping", "null"),
            ("base_model_name_or_path", JSONText.quoted(base)), ("bias", "\"none\""), ("fan_in_fan_out", "false"),
            ("inference_mode", "true"), ("init_lora_weights", "true"), ("layer_replication", "null"),
            ("layers_pattern", "null"), ("layers_to_transform", "null"), ("lora_alpha", "\(rank)"),
            ("lora_dropout", "0.0"), ("modules_to_save", "null"), ("peft_type", "\"LORA\""), ("r", "\(rank)"),
            ("rank_pattern", "{}"), ("revision", "null"), ("target_modules", "[\(modules)\n  ]"),
            ("task_type", "\"CAUSAL_LM\""), ("use_dora", "false"), ("use_rslora", "false"),
        ]
        let lines = members.map { "  \(JSONText.quoted($0.0)): \($0.1)" }
        return Array("{\n\(lines.joined(separator: ",\n"))\n}\n".utf8)
    }
}
