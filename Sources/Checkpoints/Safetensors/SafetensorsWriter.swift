import Files
import Vocabulary

/// One tensor of a file that is to be written.
public struct OutputTensor: Hashable, Sendable {
    public let name: TensorName
    public let type: StoredType
    public let shape: TensorShape
    /// Bytes, 0...
    public let byteCount: Int

    public init(_ description: TensorDescription) {
        name = description.name
        shape = description.shape
        byteCount = description.byteCount
        switch description.elementType {
        case .bfloat16: type = .bfloat16
        case .float16: type = .float16
        case .float32: type = .float32
        case .float64: type = .float64
        }
    }

    public init(_ other: OtherTensor) {
        (name, type, shape, byteCount) = (other.name, other.type, other.shape, other.byteCount)
    }
}

/// Writes one safetensors file from beginning to end: the header first, then the tensors in `order`, in pieces of
/// any size. For the same tensors and metadata the bytes are those of the reference implementation (0.8.0):
/// `__metadata__` first, wider types before narrower ones and names in byte order among equals, the header padded
/// with spaces so that the data begins at a multiple of 8.
public final class SafetensorsWriter {
    /// Transformers 4.57 raises unless `format` is there when there is metadata at all.
    public static let defaultMetadata = ["format": "pt"]

    /// The order in which the tensors must be appended.
    public let order: [OutputTensor]
    private let file: FileWriter
    private var current = 0
    private var written = 0

    /// Writes the header.
    /// - Precondition: no name occurs twice, and none is `__metadata__`.
    public init(
        tensors: [OutputTensor], metadata: [String: String] = SafetensorsWriter.defaultMetadata, to file: FileWriter
    ) throws(FileError) {
        precondition(Set(tensors.map(\.name)).count == tensors.count, "A file cannot hold two tensors of one name.")
        order = tensors.sorted {
            $0.type == $1.type ? $0.name < $1.name : $0.type.writingRank > $1.type.writingRank
        }
        self.file = file
        try file.write(Self.header(order, metadata))
    }

    /// Appends the next numbers of the tensor whose turn it is.
    public func append(_ values: TensorValues, to name: TensorName) throws(FileError) {
        advance(by: values.count * values.elementType.byteCount, name)
        try file.write(values)
    }

    /// Appends the next bytes of the tensor whose turn it is.
    public func append(_ bytes: [UInt8], to name: TensorName) throws(FileError) {
        advance(by: bytes.count, name)
        try file.write(bytes)
    }

    /// To be called at the end: every tensor must be there.
    public func finish() {
        skipComplete()
        precondition(
            current == order.count, "\(file.path) was finished before \(order[min(current, order.count - 1)].name).")
    }

    private func skipComplete() {
        while current < order.count, written == order[current].byteCount { (current, written) = (current + 1, 0) }
    }

    private func advance(by count: Int, _ name: TensorName) {
        if count > 0 { skipComplete() }
        guard count > 0 else { return }
        precondition(current < order.count && order[current].name == name, "It is not the turn of \(name).")
        precondition(written + count <= order[current].byteCount, "\(name) has more bytes than its shape says.")
        written += count
    }

    private static func header(_ tensors: [OutputTensor], _ metadata: [String: String]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map {
                JSONText.quoted($0.key) + ":" + JSONText.quoted($0.value)
            }
            members.append("\"__metadata__\":{" + pairs.joined(separator: ",") + "}")
        }
        var offset = 0
        for tensor in tensors {
            let shape = tensor.shape.dimensions.map(String.init).joined(separator: ",")
            members.append(
                JSONText.quoted(tensor.name.text) + ":{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(offset),\(offset + tensor.byteCount)]}")
            offset += tensor.byteCount
        }
        var json = Array(("{" + members.joined(separator: ",") + "}").utf8)
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        let length = UInt64(json.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + json
    }
}

extension StoredType {
    /// The reference implementation writes tensors of a higher rank first: by alignment, then as it lists its types.
    fileprivate var writingRank: Int {
        switch self {
        case .bool: 0
        case .float4: 1
        case .float6E2M3: 2
        case .float6E3M2: 3
        case .u8: 4
        case .i8: 5
        case .float8E5M2: 6
        case .float8E4M3: 7
        case .float8E5M2FNUZ: 8
        case .float8E4M3FNUZ: 9
        case .float8E8M0: 10
        case .i16: 11
        case .u16: 12
        case .float16: 13
        case .bfloat16: 14
        case .i32: 15
        case .u32: 16
        case .float32: 17
        case .complex64: 18
        case .float64: 19
        case .i64: 20
        case .u64: 21
        }
    }
}
