import Vocabulary

/// Why a PEFT adapter cannot be read as a set of updates. A clause, with what to do.
public enum AdapterProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case noConfiguration
    /// Shards of a LoRA run, and nothing says what `lora_alpha` was.
    case noTrainingFile
    case notJSON(JSONProblem)
    case tooLarge(bytes: Int64)
    case duplicateSetting(String)
    case badSetting(String, got: String, expected: String)
    /// A kind of adapter, or a way to start one, whose update is not `scale B A` on top of the base.
    case unsupported(setting: String, reason: String)
    case badPattern(setting: String, key: String, reason: String)
    /// A tensor that belongs to no pair of matrices.
    case unexpectedTensor(TensorName, reason: String)
    case noPairs
    case wrongShapes(TensorName, TensorShape, TensorName, TensorShape, reason: String)
    /// `differences` has one line for each module that the base lacks or has in another shape.
    case otherBase(differences: [String], base: String)

    /// What its writer's unfinished file can look like.
    public var mayBeHalfWritten: Bool {
        switch self {
        case .noConfiguration, .notJSON: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .noConfiguration: "\(LowRankAdapter.configurationName) is not beside it (yet)"
        case .noTrainingFile:
            "it is not there, and nothing else says what lora_alpha was (verl 0.9 writes it); export the adapter, or "
                + "write {\"r\": R, \"lora_alpha\": A, \"task_type\": \"CAUSAL_LM\"} there"
        case .notJSON(let problem): "it is not JSON: \(problem); save it again"
        case .tooLarge(let bytes):
            "it is too large (got \(bytes) bytes, expected at most \(AdapterSettings.largestFile)); save it again"
        case .duplicateSetting(let key): "it has two settings \(shown(key)) (expected one); remove one of them"
        case .badSetting(let key, let got, let expected):
            "\(key) cannot be used (got \(got), expected \(expected)); correct \(LowRankAdapter.configurationName)"
        case .unsupported(let setting, let reason):
            "\(setting) is not supported: \(reason); merge the checkpoints into whole weights, or train without it"
        case .badPattern(let setting, let key, let reason):
            "a key of \(setting) cannot be used: \(reason) (got \(shown(key))); name the modules instead"
        case .unexpectedTensor(let name, let reason):
            "it holds \(shown(name.text)), \(reason); merge the checkpoints into whole weights, or train without it"
        case .noPairs: "it holds no pair of lora_A and lora_B; save it again"
        case .wrongShapes(let down, let downShape, let up, let upShape, let reason):
            "\(shown(down.text)) \(downShape) and \(shown(up.text)) \(upShape) are no pair: \(reason); save it again"
        case .otherBase(let differences, let base):
            "it is not an adapter of this base: \(differences.first ?? "")"
                + (differences.count > 1 ? " and \(differences.count - 1) more" : "")
                + " (base \(base)); check run.base, or move the checkpoint away"
        }
    }
}
