import Files
import Vocabulary

/// What a checkpoint's folder holds: all weights, or an adapter over the base. Where both are there, the weights count.
public enum StoredCheckpoint: Sendable {
    case weights(any TensorSource)
    case adapter(LowRankAdapter)

    /// Opens whatever is there and checks every header, before any tensor is read.
    ///
    /// - Throws: `CheckpointError.noWeights` where neither is there.
    public static func open(
        directory: String, calls: FileSystemCalls = .system
    ) throws(CheckpointError) -> StoredCheckpoint {
        let source: any TensorSource
        do { source = try CheckpointReader.open(directory: directory, calls: calls) } catch {
            guard case .noWeights = error else { throw error }
            guard let adapter = try LowRankAdapter.open(directory: directory, calls: calls) else { throw error }
            return .adapter(adapter)
        }
        if let shards = source as? AssembledSource, let adapter = try LowRankAdapter.open(among: shards, calls) {
            return .adapter(adapter)
        }
        return .weights(source)
    }

    /// The files that `open` would count, by name relative to the folder, each known to be written to its end.
    public static func files(
        of directory: String, calls: FileSystemCalls = .system
    ) throws(CheckpointError) -> [String: FileIdentity] {
        do { return try CheckpointReader.files(of: directory, calls: calls) } catch {
            guard case .noWeights = error else { throw error }
            guard let adapter = try LowRankAdapter.open(directory: directory, calls: calls) else { throw error }
            return adapter.source.files
        }
    }

    /// Its tensors, as they are stored.
    public var source: any TensorSource {
        switch self {
        case .weights(let source): source
        case .adapter(let adapter): adapter.source
        }
    }
}
