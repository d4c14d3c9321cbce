import Vocabulary

/// The `[emit]` section of a run's configuration, as far as a full checkpoint needs it.
public struct EmissionSettings: Hashable, Sendable {
    /// The type in which weights are written.
    public enum OutputType: String, Hashable, Sendable, CaseIterable {
        /// Each tensor in the type that the latest checkpoint has it in.
        case same
        case bfloat16
        case float32

        /// What a tensor of this type becomes.
        public func written(_ source: ElementType) -> ElementType {
            switch self {
            case .same: source
            case .bfloat16: .bfloat16
            case .float32: .float32
            }
        }
    }

    /// Where tensors come from that are not tracked: norms, biases, embeddings.
    public enum OtherTensorsSource: String, Hashable, Sendable, CaseIterable {
        case latest, base
    }

    /// Where predictions appear; made when it is missing.
    public var directory: String
    public var dtype: OutputType
    public var otherTensors: OtherTensorsSource
    /// How many predictions of the run stay, 1...
    public var keep: Int
    /// What the trainer writes to: nothing is emitted into it. Nil where no trainer can be at work.
    public var watchedDirectory: String?
    /// Numbers that are worked on at a time, 1...; memory is about 40 bytes for each (half of it for the 16-bit types), 70 where a
    /// multiple of the whole update is added. A block and its result fit the second-level cache of one processor. The result
    /// does not depend on it.
    public var blockElements: Int
    /// Weight files of one prediction that are written at a time, 1...; each keeps two processors busy, one of them with its
    /// hash. The result does not depend on it.
    public var filesAtOnce: Int

    public init(
        directory: String, dtype: OutputType = .same, otherTensors: OtherTensorsSource = .latest, keep: Int = 3,
        watchedDirectory: String? = nil, blockElements: Int = 1 << 18,
        filesAtOnce: Int = 1
    ) {
        precondition(keep >= 1, "At least the newest prediction is kept; got keep = \(keep).")
        precondition(blockElements >= 1, "A block has at least one number; got \(blockElements).")
        precondition(filesAtOnce >= 1, "At least one file is written at a time; got \(filesAtOnce).")
        self.directory = directory
        self.dtype = dtype
        self.otherTensors = otherTensors
        self.keep = keep
        self.watchedDirectory = watchedDirectory
        self.blockElements = blockElements
        self.filesAtOnce = filesAtOnce
    }
}

/// Who wrote a prediction.
public struct ProgramIdentity: Hashable, Sendable, Codable {
    public let name: String
    public let version: String
    public let commit: String

    public init(name: String, version: String, commit: String) {
        self.name = name
        self.version = version
        self.commit = commit
    }
}
