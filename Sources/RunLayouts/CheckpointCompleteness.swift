public import Files

/// Whether a checkpoint may be read now.
public enum CheckpointCompleteness: Hashable, Sendable {
    /// Every weight file is whole. Whether it also has come to rest is for `SettleRule` to say.
    case complete(CheckpointStamp, CheckpointEnding)
    /// Not yet, or never: the reason says what is missing. Look again when something in it changes.
    case incomplete(reason: String)
    /// It was there and went, or only a husk is left of it.
    case gone(reason: String)
    /// A prediction of this program: never learned from.
    case ours
    /// This user may not read it; the reason has owner and mode. Say it once.
    case notReadable(reason: String)
    /// Its save has ended and what it holds cannot be used. Look again when something in it changes.
    case unusable(reason: String)
}

/// How the end of a save is known.
public enum CheckpointEnding: Hashable, Sendable {
    /// The trainer's own end marker is there and no weight file is newer.
    case marked
    /// This layout has none.
    case unmarked
    /// There is a marker, but it proves nothing: the reason. The tree was copied, or an old checkpoint is being
    /// written again in place.
    case doubtful(reason: String)
}

/// What tells one version of a checkpoint from another without reading it: the files that count and what each was.
/// Written as a JSON object by file name.
public struct CheckpointStamp: Hashable, Sendable, Codable {
    /// Weights, index and marker, by name relative to the folder of the weights. Links count as what they point to.
    public let files: [String: FileIdentity]

    public init(files: [String: FileIdentity]) { self.files = files }

    public init(from decoder: any Decoder) throws {
        files = try decoder.singleValueContainer().decode([String: FileIdentity].self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(files)
    }

    /// Of the file written last, in nanoseconds since 1970-01-01 UTC; 0 without files.
    public var newestModification: Int64 { files.values.map(\.modificationTimeNanoseconds).max() ?? 0 }

    /// The same with one file more.
    func adding(_ name: String, _ identity: FileIdentity) -> CheckpointStamp {
        CheckpointStamp(files: files.merging([name: identity]) { _, new in new })
    }
}
