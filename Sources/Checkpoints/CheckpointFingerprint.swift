import Files
import Vocabulary

/// One hash for many tensors: whether two checkpoints hold the same numbers under the same names, in however many
/// files and in whatever order.
public enum CheckpointFingerprint {
    /// Combines the hashes of tensors, in the order of their names, with name, type and shape.
    public static func combine(_ tensors: [(description: TensorDescription, hash: ContentHash)]) -> ContentHash {
        var hasher = ContentHasher()
        for (description, hash) in tensors.sorted(by: { $0.description.name < $1.description.name }) {
            // A NUL ends the name, which may hold anything else.
            let line = "\(description.name)\0\(description.elementType.rawValue)\0\(description.shape)\0\(hash)\n"
            hasher.update(Array(line.utf8))
        }
        return hasher.finalize()
    }

    /// Reads every readable tensor once, in pieces of `chunk` bytes, and verifies that nothing changed meanwhile.
    public static func of(_ source: any TensorSource, chunk: Int = 8 << 20) throws -> ContentHash {
        var hashes: [(description: TensorDescription, hash: ContentHash)] = []
        for description in source.tensors {
            var hasher = ContentHasher()
            try source.copyBytes(description.name, chunk: chunk) { hasher.update($0) }
            hashes.append((description, hasher.finalize()))
        }
        try source.verifyUnchanged()
        return combine(hashes)
    }
}
