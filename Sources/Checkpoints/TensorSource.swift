import Files
import Vocabulary

/// A tensor whose numbers are not read here (integer buffers, quantised weights), but whose bytes can be copied.
public struct OtherTensor: Hashable, Sendable {
    public let name: TensorName
    public let type: StoredType
    public let shape: TensorShape
    public let byteCount: Int

    public init(name: TensorName, type: StoredType, shape: TensorShape, byteCount: Int) {
        self.name = name
        self.type = type
        self.shape = shape
        self.byteCount = byteCount
    }
}

/// One weight file and the names of its tensors, in the order of their bytes.
public struct CheckpointShard: Hashable, Sendable {
    public let fileName: String
    public let tensors: [TensorName]

    public init(fileName: String, tensors: [TensorName]) {
        self.fileName = fileName
        self.tensors = tensors
    }
}

/// An open checkpoint: its tensors by name, whatever form it is stored in. May be used from several threads at once.
///
/// Tied weights are one tensor or two, as the checkpoint has them. Rows are slices along the first axis; a scalar
/// has one row.
public protocol TensorSource: Sendable {
    /// The folder, for messages.
    var directory: String { get }
    /// Where `config.json`, the tokenizer and the like may lie, the folder itself first.
    var sideFolders: [String] { get }
    /// Tensors whose numbers can be read, file by file in byte order of the files' names, in file order.
    var tensors: [TensorDescription] { get }
    /// Tensors that can only be copied.
    var otherTensors: [OtherTensor] { get }
    /// How the tensors, readable and other, are spread over files.
    var shards: [CheckpointShard] { get }
    /// As they were when they were opened, by name relative to the folder.
    var files: [String: FileIdentity] { get }

    /// Some rows.
    ///
    /// - Parameters:
    ///   - buffers: where the memory for them comes from; nil: new memory.
    ///   - keepingPages: the file's pages stay in the kernel's memory, whatever the source does otherwise, for rows that
    ///     are read again soon; until `dropPages`.
    /// - Precondition: `rows` lies in the tensor.
    func readRows(
        _ name: TensorName, _ rows: Range<Int>, into buffers: ReadBuffers?, keepingPages: Bool
    ) throws(CheckpointError) -> TensorValues
    /// Gives pages back that were kept. A source that keeps all of them, or none, does nothing.
    func dropPages(of name: TensorName)
    /// The bytes of a tensor of any type, in pieces of at most `chunk` (1...) bytes.
    func copyBytes(_ name: TensorName, chunk: Int, body: ([UInt8]) throws -> Void) throws
    /// Says that a tensor will be read soon; returns at once. A source that cannot read ahead does nothing.
    func prefetch(_ name: TensorName)
    /// Throws unless every file still is what was opened, by descriptor and by name. To be called after the last read.
    /// `removedWhileReading` says that all is well but for a name that is gone.
    func verifyUnchanged() throws(CheckpointError)
    /// Nil where the checkpoint has no such tensor, or one that can only be copied.
    func description(of name: TensorName) -> TensorDescription?
}

extension TensorSource {
    public var sideFolders: [String] { [directory] }
    public func prefetch(_ name: TensorName) {}
    public func dropPages(of name: TensorName) {}

    /// - Precondition: `rows` lies in the tensor.
    public func readRows(_ name: TensorName, _ rows: Range<Int>) throws(CheckpointError) -> TensorValues {
        try readRows(name, rows, into: nil, keepingPages: false)
    }

    /// All numbers of a tensor, row-major.
    public func read(_ name: TensorName) throws(CheckpointError) -> TensorValues { try read(name, into: nil) }

    private func read(_ name: TensorName, into buffers: ReadBuffers?) throws(CheckpointError) -> TensorValues {
        try readRows(name, 0..<(description(of: name)?.rowCount ?? 0), into: buffers, keepingPages: false)
    }
}

extension TensorDescription {
    /// Slices along the first axis; 1 for a scalar.
    public var rowCount: Int { shape.dimensions.first ?? 1 }

    /// Numbers in one row, 0...
    public var elementsPerRow: Int { shape.dimensions.dropFirst().reduce(1, *) }
}

extension TensorSource {
    /// The numbers of a module: of its tensor, or of one matrix of a tensor with three axes.
    ///
    /// - Precondition: the tensor, if it is there, has that matrix.
    public func read(_ module: Module, into buffers: ReadBuffers? = nil) throws(CheckpointError) -> TensorValues {
        guard let slice = module.slice else { return try read(module.name, into: buffers) }
        return try readRows(module.tensor, slice..<slice + 1, into: buffers, keepingPages: false)
    }
}
