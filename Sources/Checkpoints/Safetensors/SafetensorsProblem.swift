/// What is wrong with a safetensors file. `description` is the part of a sentence that says why, with both numbers.
public enum SafetensorsProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case tooShort(size: Int64)
    case emptyHeader
    case headerTooLarge(bytes: UInt64)
    case headerBeyondFile(bytes: UInt64, size: Int64)
    case notJSON(JSONProblem)
    case duplicateTensor(String)
    case duplicateField(String, tensor: String)
    case missingField(String, tensor: String)
    case duplicateMetadata
    case tooManyTensors
    case nameTooLong(bytes: Int)
    case tooManyDimensions(Int, tensor: String)
    case unknownType(String, tensor: String)
    case wrongOffsetCount(Int, tensor: String)
    case endBeforeBegin(begin: Int, end: Int, tensor: String)
    case sizeOverflow(tensor: String)
    case fractionOfAByte(bits: Int, tensor: String)
    case wrongSize(bytes: Int, expected: Int, tensor: String)
    case gapOrOverlap(begin: Int, expected: Int, tensor: String)
    case wrongFileSize(got: Int64, expected: Int64)
    /// The file holds parts of tensors (torch.distributed.checkpoint), not tensors.
    case slices

    public var description: String {
        switch self {
        case .tooShort(let size): "it is too short for a header (got \(size) bytes, expected at least 8)"
        case .emptyHeader: "its header is empty (got 0 bytes, expected at least 2)"
        case .headerTooLarge(let bytes):
            "its header is too large (got \(bytes) bytes, expected at most \(SafetensorsLimits.headerBytes))"
        case .headerBeyondFile(let bytes, let size):
            "its header ends beyond the file (got 8 + \(bytes) bytes, expected at most \(size))"
        case .notJSON(let problem): "its header is not what it should be: \(problem)"
        case .duplicateTensor(let name): "its header names the tensor \(shown(name)) twice (expected once)"
        case .duplicateField(let field, let tensor):
            "its tensor \(shown(tensor)) has two fields '\(field)' (expected one)"
        case .missingField(let field, let tensor): "its tensor \(shown(tensor)) has no field '\(field)'"
        case .duplicateMetadata: "its header has two '__metadata__' (expected at most one)"
        case .tooManyTensors: "it has too many tensors (expected at most \(SafetensorsLimits.tensorsPerFile))"
        case .nameTooLong(let bytes):
            "the name of a tensor is too long (got \(bytes) bytes, expected at most \(SafetensorsLimits.nameBytes))"
        case .tooManyDimensions(let count, let tensor):
            "its tensor \(shown(tensor)) has too many axes (got \(count), expected at most \(SafetensorsLimits.dimensions))"
        case .unknownType(let type, let tensor):
            "its tensor \(shown(tensor)) has a type that does not exist (got \(shown(type)), expected BF16, F32, ...)"
        case .wrongOffsetCount(let count, let tensor):
            "its tensor \(shown(tensor)) has \(count) data offsets (expected 2)"
        case .endBeforeBegin(let begin, let end, let tensor):
            "its tensor \(shown(tensor)) ends before it begins (got \(begin) to \(end))"
        case .sizeOverflow(let tensor): "the size of its tensor \(shown(tensor)) does not fit 64 bits"
        case .fractionOfAByte(let bits, let tensor):
            "its tensor \(shown(tensor)) does not fill whole bytes (got \(bits) bits)"
        case .wrongSize(let bytes, let expected, let tensor):
            "its tensor \(shown(tensor)) has the wrong size (got \(bytes) bytes, expected \(expected) for its shape)"
        case .gapOrOverlap(let begin, let expected, let tensor):
            "its tensor \(shown(tensor)) leaves a gap or overlaps another (begins at \(begin), expected \(expected))"
        case .wrongFileSize(let got, let expected):
            "it has the wrong length (got \(got) bytes, expected \(expected) from its header)"
        case .slices: "it holds slices of tensors, not whole ones (DCP_SHARDING_INFO in its metadata)"
        }
    }
}

/// A name from outside, on one line and not too long.
func shown(_ name: String) -> String {
    let text = name.debugDescription
    return text.count <= 200 ? text : text.prefix(197) + "...\""
}
