import Checkpoints
import ConfigurationFile
import Files
import Vocabulary

/// The weights that the run started from, open for reading, and the modules that are tracked in them.
public struct BaseWeights: Sendable {
    public let source: any TensorSource
    /// Identifies the content: the same model copied elsewhere has the same one.
    public let fingerprint: ContentHash
    /// The tracked 2-D weights, in file order. Never empty.
    public let modules: [Module]

    /// - Throws: `PipelineError.baseUnreadable`, `.nothingTracked`.
    public init(
        directory: String, filter: ModuleFilter, calls: FileSystemCalls = .system
    ) throws(PipelineError) {
        do {
            source = try CheckpointReader.open(directory: directory, calls: calls, caching: .keep)
            fingerprint = try Self.fingerprint(of: source)
        } catch {
            throw .baseUnreadable(directory: directory, error)
        }
        modules = Self.matrices(of: source).filter { filter.tracks($0.name) }
        guard !modules.isEmpty else {
            let names = Self.matrices(of: source).map(\.name)
            throw .nothingTracked(directory: directory, candidates: ModuleFilter.candidatePatterns(among: names))
        }
    }

    private static func matrices(of source: any TensorSource) -> [Module] {
        source.tensors.filter { $0.shape.isMatrix && $0.shape.elementCount > 0 }.map {
            Module(name: $0.name, rows: $0.shape.dimensions[0], columns: $0.shape.dimensions[1])
        }
    }

    /// A hash of every tensor's name, type and shape, and of its first, middle and last row: a few megabytes are read of
    /// any model, so that another base is noticed before a single factor is computed against it.
    private static func fingerprint(of source: any TensorSource) throws(CheckpointError) -> ContentHash {
        var hasher = ContentHasher()
        for tensor in source.tensors.sorted(by: { $0.name < $1.name }) {
            hasher.update(Array("\(tensor.name) \(tensor.elementType.rawValue) \(tensor.shape)\n".utf8))
            guard tensor.shape.elementCount > 0 else { continue }
            for row in Set([0, tensor.rowCount / 2, tensor.rowCount - 1]).sorted() {
                let hash = try source.readRows(tensor.name, row..<(row + 1)).contentHash
                hasher.update(Array(hash.description.utf8))
            }
        }
        return hasher.finalize()
    }
}

/// Whether a checkpoint is one of this base's model.
enum ArchitectureCheck {
    /// One line for each tensor of the base that the checkpoint lacks or holds in another shape; empty when it fits.
    ///
    /// A pair of tied embeddings counts as one tensor: either of the two names will do.
    static func differences(between checkpoint: any TensorSource, and base: any TensorSource) -> [String] {
        base.tensors.compactMap { expected -> String? in
            guard let found = checkpoint.description(of: expected.name) else {
                if let other = checkpoint.otherTensors.first(where: { $0.name == expected.name }) {
                    return
                        "\(expected.name) has numbers of type \(other.type.rawValue), expected \(expected.elementType.rawValue)"
                }
                return isTied(expected.name, in: checkpoint) ? nil : "\(expected.name) is missing"
            }
            guard found.shape == expected.shape else {
                return "\(expected.name) has shape \(found.shape), expected \(expected.shape)"
            }
            return nil
        }
    }

    private static func isTied(_ name: TensorName, in checkpoint: any TensorSource) -> Bool {
        let isHead = name.text.hasSuffix("lm_head.weight")
        let isEmbedding = name.text.hasSuffix("embed_tokens.weight")
        guard isHead || isEmbedding else { return false }
        let partner = isHead ? "embed_tokens.weight" : "lm_head.weight"
        return checkpoint.tensors.contains { $0.name.text.hasSuffix(partner) }
    }
}
