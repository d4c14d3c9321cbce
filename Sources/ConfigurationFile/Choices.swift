/// The type of the numbers in a prediction.
public enum OutputElementType: String, Sendable, CaseIterable {
    /// That of the checkpoint it is made from.
    case same
    case bfloat16
    case float32
}

/// Where the tensors that are not tracked come from.
public enum OtherTensorsSource: String, Sendable, CaseIterable {
    case latest
    case base
}

/// The levels of swift-log, lowest first.
public enum LogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
}

/// Where accuracies are read from.
public enum MetricsSource: Sendable, Equatable {
    /// Whatever the layout's trainer writes, if anything.
    case auto
    case none
    case trainerState
    case verl
    case tensorboard
    /// A file with one JSON object a line; its name ends in `.jsonl`.
    case file(path: String)
    /// A folder of TensorBoard event files; written with a slash in it.
    case events(path: String)

    /// The words of the file; a path stands for itself.
    public var text: String {
        switch self {
        case .auto: "auto"
        case .none: "none"
        case .trainerState: "trainer_state"
        case .verl: "verl"
        case .tensorboard: "tensorboard"
        case .file(let path), .events(let path): path
        }
    }

    private static let named: [MetricsSource] = [.auto, .none, .trainerState, .verl, .tensorboard]

    /// Those that are no paths.
    public static let words = named.map(\.text)

    /// The source of that word; nil for anything else, paths included.
    public init?(word: String) {
        guard let found = Self.named.first(where: { $0.text == word }) else { return nil }
        self = found
    }
}
