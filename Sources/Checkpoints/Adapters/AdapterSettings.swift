import Vocabulary

/// `adapter_config.json` of a LoRA adapter, as far as it decides what the adapter adds to the base. Whatever would make
/// that something else than `scale B A` is refused by name, unknown settings too: a wrong scale is worse than none.
/// Source: PEFT 0.21.2, `tuners/lora/config.py` and `layer.py`.
public struct AdapterSettings: Hashable, Sendable {
    /// 16 MiB: `target_modules` may list every module by its whole name.
    public static let largestFile = 16 << 20

    /// `lora_alpha` where no pattern says otherwise; not 0.
    public let alpha: Double
    /// `use_rslora`: the scale is `alpha / sqrt(r)` in place of `alpha / r`.
    public let isRankStabilised: Bool
    /// `fan_in_fan_out`: linear weights are stored `[in, out]` (`Conv1D` of GPT-2).
    public let isTransposed: Bool
    /// `target_parameters`, such as `mlp.experts.gate_up_proj`.
    public let targetParameters: [String]
    /// `base_model_name_or_path`; nil where it does not say.
    public let baseName: String?
    let alphaPattern: [ModulePattern]

    /// - Throws: `AdapterProblem`.
    public init(json: [UInt8]) throws(AdapterProblem) {
        try self.init(values: AdapterSettingValue.members(of: json))
    }

    init(values: [String: AdapterSettingValue]) throws(AdapterProblem) {
        try AdapterRefusals.check(values)
        alpha = try Self.alpha(values["lora_alpha"] ?? .null, "lora_alpha")
        isRankStabilised = try Self.flag(values, "use_rslora")
        isTransposed = try Self.flag(values, "fan_in_fan_out")
        if case .list(let texts) = values["target_parameters"] ?? .null {
            targetParameters = texts.compactMap { $0 }
        } else {
            targetParameters = []
        }
        if case .text(let name) = values["base_model_name_or_path"] ?? .null, !name.isEmpty {
            baseName = name
        } else {
            baseName = nil
        }
        alphaPattern = try Self.patterns(values["alpha_pattern"] ?? .null)
    }

    /// What `B A` is multiplied with.
    ///
    /// - Parameter rank: r of this module, 1..., as its matrices have it.
    public func scale(of path: String, rank: Int) -> Double {
        let alpha = alphaPattern.first { $0.matches(path) }?.value ?? self.alpha
        return isRankStabilised ? alpha / Double(rank).squareRoot() : alpha / Double(rank)
    }

    private static func alpha(_ value: AdapterSettingValue, _ name: String) throws(AdapterProblem) -> Double {
        guard case .number(let number) = value, number.isFinite, number != 0 else {
            // verl's merger writes 0 where it does not know the number.
            throw .badSetting(name, got: value.description, expected: "the alpha that the run was trained with, not 0")
        }
        return number
    }

    private static func flag(_ values: [String: AdapterSettingValue], _ name: String) throws(AdapterProblem) -> Bool {
        switch values[name] ?? .null {
        case .null: return false
        case .boolean(let flag): return flag
        case let other: throw .badSetting(name, got: other.description, expected: "true or false")
        }
    }

    private static func patterns(_ value: AdapterSettingValue) throws(AdapterProblem) -> [ModulePattern] {
        let name = "alpha_pattern"
        switch value {
        case .null: return []
        case .object(let members):
            var patterns: [ModulePattern] = []
            for member in members {
                let value = try alpha(member.value.map { .number($0) } ?? .null, "\(name).\(member.key)")
                patterns.append(try ModulePattern(key: member.key, value: value, setting: name))
            }
            return patterns
        default: throw .badSetting(name, got: value.description, expected: "an object of numbers")
        }
    }
}
