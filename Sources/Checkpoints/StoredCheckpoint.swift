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
        do { return .weights(try CheckpointReader.open(directory: directory, calls: calls)) } catch {
            guard case .noWeights = error else { throw error }
            guard let adapter = try LowRankAdapter.open(directory: directory, calls: calls) else { throw error }
            return .adapter(adapter)
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
