import Checkpoints
import ConfigurationFile
import Files
import Vocabulary

/// The weights that the run started from, open for reading, and the modules that are tracked in them.
public struct BaseWeights: Sendable {
    public let source: any TensorSource
    /// Identifies the content: the same model copied elsewhere has the same one.
    public let fingerprint: ContentHash
    /// The tracked matrices, in file order: 2-D weights, and each matrix of 3-D ones (experts). Never empty.
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
        modules = source.tensors.filter { filter.tracks($0.name) }.flatMap(Self.matrices)
        guard !modules.isEmpty else {
            let names = source.tensors.filter { !Self.matrices(of: $0).isEmpty }.map(\.name)
            throw .nothingTracked(directory: directory, candidates: ModuleFilter.candidatePatterns(among: names))
        }
    }

    /// One module for a matrix, one for each matrix of a stack (the experts of a layer), none for anything else: a stack
    /// whose matrices have a side of 1 is a convolution. A name that reads like a matrix of a stack is left out.
    private static func matrices(of tensor: TensorDescription) -> [Module] {
        let sizes = tensor.shape.dimensions
        guard tensor.shape.elementCount > 0, tensor.name.slice == nil else { return [] }
        if sizes.count == 2 { return [Module(name: tensor.name, rows: sizes[0], columns: sizes[1])] }
        guard sizes.count == 3, sizes[1] > 1, sizes[2] > 1 else { return [] }
        return (0..<sizes[0]).map { Module(sliceOf: tensor.name, at: $0, rows: sizes[1], columns: sizes[2]) }
    }

    /// A hash of every tensor's name, type and shape, and of its first, middle and last row: a few megabytes are read of
    /// any model, so that another base is noticed before a single factor is computed against it.
    static func fingerprint(of source: any TensorSource) throws(CheckpointError) -> ContentHash {
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
