import Files
import Vocabulary

/// A base in which some tensors are an adapter's: what it trained whole (`modules_to_save`, biases). Names, shapes, types and
/// files are the base's; numbers that the adapter stores in another type are rounded once, to nearest even.
struct MergedTensors: TensorSource {
    let base: any TensorSource
    let adapter: any TensorSource
    /// By the base's name, what the adapter calls it.
    let names: [TensorName: TensorName]

    var directory: String { base.directory }
    var sideFolders: [String] { base.sideFolders }
    var tensors: [TensorDescription] { base.tensors }
    var otherTensors: [OtherTensor] { base.otherTensors }
    var shards: [CheckpointShard] { base.shards }
    var files: [String: FileIdentity] { base.files }

    func description(of name: TensorName) -> TensorDescription? { base.description(of: name) }

    func prefetch(_ name: TensorName) { base.prefetch(name) }

    func readRows(
        _ name: TensorName, _ rows: Range<Int>, into buffers: ReadBuffers?, keepingPages: Bool
    ) throws(CheckpointError) -> TensorValues {
        guard let own = names[name], let type = base.description(of: name)?.elementType else {
            return try base.readRows(name, rows, into: buffers, keepingPages: keepingPages)
        }
        return try adapter.readRows(own, rows, into: buffers, keepingPages: keepingPages).converted(to: type)
    }

    func dropPages(of name: TensorName) {
        base.dropPages(of: name)
        names[name].map(adapter.dropPages)
    }

    func copyBytes(_ name: TensorName, chunk: Int, body: ([UInt8]) throws -> Void) throws {
        guard let own = names[name], let description = base.description(of: name) else {
            return try base.copyBytes(name, chunk: chunk, body: body)
        }
        if adapter.description(of: own)?.elementType == description.elementType {
            return try adapter.copyBytes(own, chunk: chunk, body: body)
        }
        let rowBytes = max(1, description.elementsPerRow * description.elementType.byteCount)
        let rowsAtOnce = max(1, chunk / rowBytes)
        for first in stride(from: 0, to: description.rowCount, by: rowsAtOnce) {
            let rows = first..<min(description.rowCount, first + rowsAtOnce)
            let bytes = try readRows(name, rows).littleEndianBytes
            for start in stride(from: 0, to: bytes.count, by: chunk) {
                try body(Array(bytes[start..<min(bytes.count, start + chunk)]))
            }
        }
    }

    func verifyUnchanged() throws(CheckpointError) {
        try base.verifyUnchanged()
        try adapter.verifyUnchanged()
    }
}

extension TensorValues {
    /// As they lie in a file.
    fileprivate var littleEndianBytes: [UInt8] {
        func bytes<Bits: FixedWidthInteger>(_ values: some Collection<Bits>) -> [UInt8] {
            var result: [UInt8] = []
            result.reserveCapacity(values.count * Bits.bitWidth / 8)
            for value in values {
                for shift in stride(from: 0, to: Bits.bitWidth, by: 8) {
                    result.append(UInt8(truncatingIfNeeded: value >> Bits(shift)))
                }
            }
            return result
        }
        switch self {
        case .bfloat16(let bits), .float16(let bits): return bytes(bits)
        case .float32(let values): return bytes(values.lazy.map(\.bitPattern))
        case .float64(let values): return bytes(values.lazy.map(\.bitPattern))
        }
    }
}
