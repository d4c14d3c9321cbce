import Checkpoints
import Files
import Vocabulary

/// A checkpoint's folder, opened and found to be of this run's base.
enum OpenedCheckpoint: Sendable {
    case weights(any TensorSource)
    case adapter(PlacedAdapter)

    var directory: String {
        switch self {
        case .weights(let source): source.directory
        case .adapter(let placed): placed.adapter.source.directory
        }
    }

    /// Where its `config.json` and tokenizer may lie.
    var sideFolders: [String] {
        switch self {
        case .weights(let source): source.sideFolders
        case .adapter(let placed): placed.adapter.source.sideFolders
        }
    }

    func reader(over base: BaseWeights) -> any UpdateReader {
        switch self {
        case .weights(let source): WeightReader(source: source, base: base.source)
        case .adapter(let placed): AdapterReader(placed: placed, base: base.source)
        }
    }
}

/// Opens checkpoints of one run.
struct CheckpointOpening: Sendable {
    let base: BaseWeights
    let calls: FileSystemCalls

    /// Why a checkpoint that can be read is none of this run. One line.
    struct Refusal: Error, CustomStringConvertible { let description: String }

    /// - Throws: `Refusal` for a checkpoint of another model or of another base; `CheckpointError`.
    func open(_ directory: String) throws -> OpenedCheckpoint {
        switch try StoredCheckpoint.open(directory: directory, calls: calls) {
        case .weights(let source):
            if let refusal = refusal(of: source) { throw refusal }
            return .weights(source)
        case .adapter(let adapter):
            let placed = try adapter.placed(on: base.source)
            if let refusal = try refusal(of: placed) { throw refusal }
            return .adapter(placed)
        }
    }

    private func refusal(of source: any TensorSource) -> Refusal? {
        let differences = ArchitectureCheck.differences(between: source, and: base.source)
        guard let first = differences.first else { return nil }
        let titan: TensorName = "tok_embeddings.weight"
        if source.description(of: titan) != nil, base.source.description(of: titan) == nil {
            return Refusal(
                description: "its weights have torchtitan's own names (\(titan) and others), not those of the base "
                    + "\(base.source.directory); export the steps (torchtitan's convert_to_hf.py, or last_save_in_hf) and "
                    + "watch the exports with run.pattern, or give a base under torchtitan's names")
        }
        let more = differences.count > 1 ? " and \(differences.count - 1) more" : ""
        return Refusal(
            description: "it is not a checkpoint of this base: \(first)\(more) (base \(base.source.directory)); "
                + "check run.base, or move the checkpoint away")
    }

    private func refusal(of placed: PlacedAdapter) throws -> Refusal? {
        guard base.modules.contains(where: { placed.parts[$0.name] != nil }) else {
            let some = placed.parts.keys.sorted().prefix(3).map(\.text).joined(separator: ", ")
            return Refusal(
                description: "none of the \(placed.parts.count) matrices that the adapter changes is tracked "
                    + "(\(some)); set factors.include")
        }
        return try refusalOfOtherBase(placed.adapter.settings.baseName)
    }

    /// A base of the same shapes may still be another: where the adapter names a folder that can be read, its content
    /// decides. A name on a hub, or a path that was relative to the trainer's folder, says nothing here.
    private func refusalOfOtherBase(_ name: String?) throws -> Refusal? {
        guard let name, name.hasPrefix("/"), name != base.source.directory else { return nil }
        let tree = FileTree(calls: calls)
        guard let there = try? tree.status(of: name, followingLinks: true), there.kind == .directory,
            (try? tree.resolve(name)) != (try? tree.resolve(base.source.directory)),
            let other = try? CheckpointReader.open(directory: name, calls: calls),
            let fingerprint = try? BaseWeights.fingerprint(of: other), fingerprint != base.fingerprint
        else { return nil }
        return Refusal(
            description: "the adapter was trained on another base: \(name), which holds other weights than "
                + "\(base.source.directory); set run.base to it")
    }
}
