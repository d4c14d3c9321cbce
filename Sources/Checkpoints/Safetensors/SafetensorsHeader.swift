import Files
import Vocabulary

/// The header of a safetensors file: where which tensor lies.
///
/// Format (huggingface/safetensors, README.md): 8 bytes, little-endian, the length n of the header; n bytes of JSON,
/// `{"name": {"dtype": ..., "shape": [...], "data_offsets": [begin, end]}, "__metadata__": {...}}`; then the
/// tensors' bytes to the end of the file. What is accepted is what version 0.8.0 of the reference implementation
/// accepts (white space before and after the object, unknown fields of a tensor, `"__metadata__": null`), except
/// that a name that occurs twice is refused, as the format's text says, and that `SafetensorsLimits` are kept.
public struct SafetensorsHeader: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public let name: TensorName
        public let type: StoredType
        public let shape: TensorShape
        /// Where its bytes lie, from the end of the header.
        public let range: Range<Int>
    }

    /// In the order of their bytes.
    public let entries: [Entry]
    public let metadata: [String: String]
    /// Where in the file the tensors' bytes begin: `8 + n`.
    public let dataStart: Int64

    /// In the metadata of a file that holds slices of tensors, where they belong.
    static let sliceKey = "DCP_SHARDING_INFO"

    /// Reads and checks everything that can be checked without reading tensors.
    ///
    /// - Parameter allowsSlices: whether the caller looks at `sliceKey`; else such a file is refused.
    init(from file: FileReader, allowsSlices: Bool = false) throws(CheckpointError) {
        let size = file.identity.size
        guard size >= 8 else { throw .damaged(file: file.path, .tooShort(size: size)) }
        let prefix = try file.bytes(count: 8, at: 0)
        let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length > 0 else { throw .damaged(file: file.path, .emptyHeader) }
        guard length <= UInt64(SafetensorsLimits.headerBytes) else {
            throw .damaged(file: file.path, .headerTooLarge(bytes: length))
        }
        guard Int64(length) <= size - 8 else {
            throw .damaged(file: file.path, .headerBeyondFile(bytes: length, size: size))
        }
        let json = try file.bytes(count: Int(length), at: 8)
        do { try self.init(json: json, fileSize: size, allowsSlices: allowsSlices) } catch {
            throw .damaged(file: file.path, error)
        }
    }

    /// - Parameters:
    ///   - json: the n bytes after the length.
    ///   - fileSize: of the whole file, in bytes.
    init(json: [UInt8], fileSize: Int64, allowsSlices: Bool = false) throws(SafetensorsProblem) {
        var parser = try HeaderParser(json)
        try parser.parse()
        guard allowsSlices || parser.metadata[Self.sliceKey] == nil else { throw .slices }
        metadata = parser.metadata
        entries = parser.entries.sorted {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        dataStart = 8 + Int64(json.count)
        try Self.checkContiguous(entries)
        let (expected, overflow) = dataStart.addingReportingOverflow(Int64(entries.last?.range.upperBound ?? 0))
        guard !overflow, expected == fileSize else {
            throw .wrongFileSize(got: fileSize, expected: overflow ? Int64.max : expected)
        }
    }

    private static func checkContiguous(_ entries: [Entry]) throws(SafetensorsProblem) {
        var expected = 0
        for entry in entries {
            guard entry.range.lowerBound == expected else {
                throw .gapOrOverlap(begin: entry.range.lowerBound, expected: expected, tensor: entry.name.text)
            }
            expected = entry.range.upperBound
        }
    }
}

extension FileReader {
    /// `read(count:at:)` with this target's error.
    func bytes(count: Int, at offset: Int64) throws(CheckpointError) -> [UInt8] {
        do { return try read(count: count, at: offset) } catch { throw .file(error) }
    }
}
