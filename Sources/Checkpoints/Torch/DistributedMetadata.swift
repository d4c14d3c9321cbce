import Files

/// `.metadata` of torch.distributed.checkpoint: which box of which tensor lies where in which `.distcp` file.
///
/// A pickle of `Metadata(state_dict_metadata: {name: TensorStorageMetadata(properties, size, chunks)}, storage_data:
/// {MetadataIndex(fqn, offset, index): _StorageInfo(relative_path, offset, length)})`. Each stored item is a small
/// archive of `torch.save` with one tensor. Entries that are no tensors (`BytesStorageMetadata`) are programs'
/// pickles and never opened. Source: torch `distributed/checkpoint/{metadata,filesystem}.py` 2.4 to 2.13.
struct DistributedMetadata: Sendable {
    static let fileName = ".metadata"

    struct Chunk: Hashable, Sendable {
        let offsets: [Int]
        let sizes: [Int]
    }

    struct Item: Hashable, Sendable {
        let file: String
        let range: Range<Int64>
    }

    struct Tensor: Sendable {
        let name: String
        let type: StoredType
        let shape: [Int]
        let chunks: [Chunk]
        /// Where each chunk lies, by the chunk's offsets.
        var items: [[Int]: Item] = [:]
    }

    /// Tensors of the model, in the order of the metadata, by the model's own names.
    private(set) var tensors: [Tensor] = []
    /// The files in which they lie, in byte order.
    var fileNames: [String] {
        Set(tensors.flatMap { $0.items.values.map(\.file) }).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// - Throws: `TorchProblem` for a bad pickle, `ShardProblem` for what it says.
    init(_ bytes: [UInt8]) throws {
        let (tree, root) = try PickleReader.read(bytes)
        try self.init(tree, root)
    }

    private init(_ tree: PickleTree, _ root: PickleTree.Reference) throws {
        guard let state = tree.state(of: root, .metadata),
            let described = tree.member("state_dict_metadata", of: state).flatMap({ tree.pairs($0) }),
            let stored = tree.member("storage_data", of: state).flatMap({ tree.pairs($0) })
        else { throw ShardProblem.notMetadata("got \(tree.words(for: root))") }
        var names: [(key: String, value: PickleTree.Reference)] = []
        for (key, value) in described {
            guard let name = tree.text(key) else { throw ShardProblem.notMetadata("a key is \(tree.words(for: key))") }
            names.append((name, value))
        }
        let model = ModelKeys(names.map(\.key))
        var places: [String: Int] = [:]
        for (key, value) in names {
            guard let name = model.name(of: key), let tensor = try Self.tensor(tree, value, name) else { continue }
            guard places.updateValue(tensors.count, forKey: key) == nil else {
                throw TorchProblem.duplicateTensor(key)
            }
            tensors.append(tensor)
        }
        guard !tensors.isEmpty else { throw ShardProblem.noModel(first: names.first?.key ?? "") }
        guard tensors.reduce(0, { $0 + $1.chunks.count }) <= TorchLimits.pieces else {
            throw ShardProblem.tooManyPieces
        }
        for (index, info) in stored { try place(tree, index, info, places) }
    }

    /// Nil for what is no tensor.
    private static func tensor(
        _ tree: PickleTree, _ value: PickleTree.Reference, _ name: String
    ) throws -> Tensor? {
        if tree.state(of: value, .bytesMetadata) != nil { return nil }
        if case .object(let global, _, _) = tree[value], global.meaning == .bytesMetadata { return nil }
        guard let state = tree.state(of: value, .tensorMetadata),
            let shape = tree.member("size", of: state).flatMap({ tree.sizes($0) }),
            let properties = tree.member("properties", of: state), let type = type(tree, properties),
            let list = tree.member("chunks", of: state), case .list(let chunks) = tree[list]
        else { throw ShardProblem.notMetadata("\(shown(name)) is described in a form that is not known") }
        _ = try StridedTensor.product(shape, name)
        let found = chunks.compactMap { chunk(tree, $0) }
        guard found.count == chunks.count else {
            throw ShardProblem.notMetadata("a chunk of \(shown(name)) is not described")
        }
        return Tensor(name: name, type: type, shape: shape, chunks: found)
    }

    /// `TensorProperties` keeps a tuple that begins with the type, or (2.4) a dictionary.
    private static func type(_ tree: PickleTree, _ properties: PickleTree.Reference) -> StoredType? {
        guard let state = tree.state(of: properties, .tensorProperties),
            let type = tree.tuple(state)?.first ?? tree.member("dtype", of: state),
            case .global(let global) = tree[type], case .type(let stored) = global.meaning
        else { return nil }
        return stored
    }

    private static func chunk(_ tree: PickleTree, _ value: PickleTree.Reference) -> Chunk? {
        guard let state = tree.state(of: value, .chunk),
            let offsets = tree.member("offsets", of: state).flatMap({ tree.sizes($0) }),
            let sizes = tree.member("sizes", of: state).flatMap({ tree.sizes($0) })
        else { return nil }
        return Chunk(offsets: offsets, sizes: sizes)
    }

    private mutating func place(
        _ tree: PickleTree, _ index: PickleTree.Reference, _ info: PickleTree.Reference, _ places: [String: Int]
    ) throws {
        guard let key = tree.state(of: index, .index), let name = tree.member("fqn", of: key).flatMap({ tree.text($0) })
        else { throw ShardProblem.notMetadata("an entry of its storage has no name") }
        guard let number = places[name] else { return }
        guard let offsets = tree.member("offset", of: key).flatMap({ tree.sizes($0) }),
            let state = tree.state(of: info, .storageInfo),
            let file = tree.member("relative_path", of: state).flatMap({ tree.text($0) }),
            let start = tree.member("offset", of: state).flatMap({ tree.integer($0) }), start >= 0,
            let length = tree.member("length", of: state).flatMap({ tree.integer($0) }), length >= 0
        else { throw ShardProblem.notMetadata("\(shown(name)) is stored in a form that is not known") }
        guard FileTree.isPlainName(file), file.hasSuffix(".distcp") else { throw ShardProblem.unsafeFileName(file) }
        if let transforms = tree.member("transform_descriptors", of: state), !tree.isNothing(transforms) {
            throw ShardProblem.transformed(tensor: name)
        }
        let (end, overflow) = start.addingReportingOverflow(length)
        guard !overflow else { throw ShardProblem.beyondFile(tensor: name, file: file) }
        let item = Item(file: file, range: Int64(start)..<Int64(end))
        guard tensors[number].items.updateValue(item, forKey: offsets) == nil else {
            throw ShardProblem.overlap(tensor: name, offsets: offsets)
        }
    }

    /// The tensors, from files that were opened in the order of `fileNames`.
    func assembled(files: [(name: String, reader: FileReader)]) throws(ShardProblem) -> [AssembledTensor] {
        let numbers = Dictionary(
            files.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
        return try tensors.map { tensor throws(ShardProblem) in
            var pieces: [TensorPiece] = []
            for chunk in tensor.chunks where !chunk.sizes.contains(0) {
                guard let item = tensor.items[chunk.offsets], let number = numbers[item.file] else {
                    throw .missingPiece(tensor: tensor.name, offsets: chunk.offsets)
                }
                guard item.range.upperBound <= files[number].reader.identity.size else {
                    throw .beyondFile(tensor: tensor.name, file: item.file)
                }
                pieces.append(
                    TensorPiece(
                        offsets: chunk.offsets, sizes: chunk.sizes, content: .archive(file: number, range: item.range)))
            }
            return try AssembledTensor(name: tensor.name, type: tensor.type, shape: tensor.shape, pieces: pieces)
        }
    }
}

extension PickleTree {
    /// What BUILD gave a record of this meaning.
    func state(of value: Reference, _ meaning: PickleGlobal.Meaning) -> Reference? {
        guard case .object(let global, _, let state) = self[value], global.meaning == meaning else { return nil }
        return state
    }

    /// None, or an empty list, tuple or dictionary.
    func isNothing(_ value: Reference) -> Bool {
        switch self[value] {
        case .none: true
        case .list(let values), .tuple(let values), .dictionary(let values): values.isEmpty
        default: false
        }
    }
}
