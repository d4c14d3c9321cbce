import Files
import Vocabulary

/// Tensors that lie in pieces, in one file or many, as a checkpoint. A range of rows is read from the pieces that hold
/// it, straight into its place; whole tensors are made only when they are asked for.
struct AssembledSource: TensorSource {
    let directory: String
    let sideFolders: [String]
    let tensors: [TensorDescription]
    let otherTensors: [OtherTensor]
    let shards: [CheckpointShard]
    let files: [String: FileIdentity]
    private let places: [TensorName: AssembledTensor]
    private let reader: PieceReader
    private let watched: [FileReader]

    /// - Parameters:
    ///   - files: what `StridedBytes.file` numbers, with their names relative to the folder.
    ///   - sideFiles: others that decide what is read.
    ///   - sideFolders: where `config.json` and the tokenizer may be, the folder itself first.
    init(
        directory: String, tensors list: [AssembledTensor], files named: [(name: String, reader: FileReader)],
        sideFiles: [(name: String, reader: FileReader)] = [], sideFolders: [String] = [], caching: PageCaching
    ) {
        self.directory = directory
        self.sideFolders = [directory] + sideFolders
        places = Dictionary(list.map { (TensorName($0.name), $0) }, uniquingKeysWith: { first, _ in first })
        tensors = list.compactMap { tensor in
            ElementType(rawValue: tensor.type.rawValue).map {
                TensorDescription(name: TensorName(tensor.name), elementType: $0, shape: TensorShape(tensor.shape))
            }
        }
        otherTensors = list.filter { ElementType(rawValue: $0.type.rawValue) == nil }.map {
            OtherTensor(
                name: TensorName($0.name), type: $0.type, shape: TensorShape($0.shape), byteCount: Self.byteCount($0))
        }
        shards = Self.shards(of: list)
        watched = named.map(\.reader) + sideFiles.map(\.reader)
        files = Dictionary(
            (named + sideFiles).map { ($0.name, $0.reader.identity) }, uniquingKeysWith: { first, _ in first })
        reader = PieceReader(directory: directory, files: named.map(\.reader), caching: caching)
    }

    private static func byteCount(_ tensor: AssembledTensor) -> Int {
        tensor.shape.reduce(1, *) * (tensor.type.bitCount / 8)
    }

    /// How whole weights of this model would be spread over files of at most 50 GB, as transformers writes them.
    private static func shards(of list: [AssembledTensor]) -> [CheckpointShard] {
        var groups: [[TensorName]] = [[]]
        var room = 50_000_000_000
        for tensor in list {
            let size = byteCount(tensor)
            if size > room, groups.last?.isEmpty == false {
                groups.append([])
                room = 50_000_000_000
            }
            groups[groups.count - 1].append(TensorName(tensor.name))
            room -= size
        }
        func padded(_ value: Int) -> String { String(repeating: "0", count: max(0, 5 - "\(value)".count)) + "\(value)" }
        return groups.enumerated().map { number, names in
            let isOnly = groups.count == 1
            return CheckpointShard(
                fileName: isOnly
                    ? "model.safetensors" : "model-\(padded(number + 1))-of-\(padded(groups.count)).safetensors",
                tensors: names)
        }
    }

    /// The same files with some of the tensors only.
    func selecting(_ isWanted: (String) -> Bool) -> AssembledSource { AssembledSource(self, isWanted) }

    private init(_ other: AssembledSource, _ isWanted: (String) -> Bool) {
        (directory, sideFolders, files) = (other.directory, other.sideFolders, other.files)
        (reader, watched) = (other.reader, other.watched)
        tensors = other.tensors.filter { isWanted($0.name.text) }
        otherTensors = other.otherTensors.filter { isWanted($0.name.text) }
        shards = other.shards.map {
            CheckpointShard(fileName: $0.fileName, tensors: $0.tensors.filter { isWanted($0.text) })
        }
        places = other.places.filter { isWanted($0.key.text) }
    }

    func description(of name: TensorName) -> TensorDescription? {
        places[name].flatMap { tensor in
            ElementType(rawValue: tensor.type.rawValue).map {
                TensorDescription(name: name, elementType: $0, shape: TensorShape(tensor.shape))
            }
        }
    }

    func readRows(
        _ name: TensorName, _ rows: Range<Int>, into buffers: ReadBuffers?, keepingPages: Bool
    ) throws(CheckpointError) -> TensorValues {
        let (tensor, type) = try readable(name)
        precondition(
            rows.lowerBound >= 0 && rows.upperBound <= tensor.shape.first ?? 1,
            "Rows \(rows) were asked of \(name), which has \(tensor.shape.first ?? 1).")
        let count = rows.count * tensor.shape.dropFirst().reduce(1, *)
        let reader = keepingPages ? self.reader.keepingPages : self.reader
        switch type {
        case .bfloat16: return .bfloat16(try reader.rows(rows, of: tensor, in: buffers?.halves(count)))
        case .float16: return .float16(try reader.rows(rows, of: tensor, in: buffers?.halves(count)))
        case .float32: return .float32(try reader.rows(rows, of: tensor, in: buffers?.singles(count)))
        case .float64: return .float64(try reader.rows(rows, of: tensor, in: buffers?.doubles(count)))
        }
    }

    func dropPages(of name: TensorName) {
        guard let tensor = places[name] else { return }
        for piece in tensor.pieces { ([piece.content] + piece.copies).forEach(reader.dropPages) }
    }

    func copyBytes(_ name: TensorName, chunk: Int, body: ([UInt8]) throws -> Void) throws {
        precondition(chunk > 0, "A tensor cannot be copied in pieces of \(chunk) bytes.")
        guard let tensor = places[name] else { throw CheckpointError.missingTensor(name, directory: directory) }
        let rowBytes = tensor.shape.dropFirst().reduce(1, *) * (tensor.type.bitCount / 8)
        let rowCount = rowBytes == 0 ? 0 : tensor.shape.first ?? 1
        let rowsAtOnce = max(1, chunk / max(1, rowBytes))
        for first in stride(from: 0, to: rowCount, by: rowsAtOnce) {
            let rows = first..<min(rowCount, first + rowsAtOnce)
            let bytes: [UInt8] = try reader.rawRows(rows, of: tensor)
            for start in stride(from: 0, to: bytes.count, by: chunk) {
                try body(Array(bytes[start..<min(bytes.count, start + chunk)]))
            }
        }
    }

    func verifyUnchanged() throws(CheckpointError) { try FileReader.verifyUnchanged(watched) }

    private func readable(_ name: TensorName) throws(CheckpointError) -> (AssembledTensor, ElementType) {
        guard let tensor = places[name] else { throw .missingTensor(name, directory: directory) }
        guard let type = ElementType(rawValue: tensor.type.rawValue) else {
            throw .unsupportedType(name, type: tensor.type, directory: directory)
        }
        return (tensor, type)
    }
}

extension FileReader {
    /// Throws unless every file still is what was opened, first by descriptor, then by name. `removedWhileReading` says
    /// that all is well but for a name that is gone.
    static func verifyUnchanged(_ readers: [FileReader]) throws(CheckpointError) {
        func verify(_ reader: FileReader, _ now: FileIdentity) throws(CheckpointError) {
            guard now == reader.identity else {
                throw .changedWhileReading(file: reader.path, was: reader.identity, is: now)
            }
        }
        for reader in readers {
            let now: FileIdentity
            do { now = try reader.currentIdentityByDescriptor() } catch { throw .file(error) }
            try verify(reader, now)
        }
        var removed: String?
        for reader in readers {
            let now: FileIdentity
            do { now = try reader.currentIdentityByPath() } catch {
                guard error.isVanished else { throw .file(error) }
                removed = removed ?? reader.path
                continue
            }
            try verify(reader, now)
        }
        if let removed { throw .removedWhileReading(file: removed) }
    }
}
