import Checkpoints
import Files
import TestSupport
import Testing
import Vocabulary

/// One case for each thing that can be wrong with a safetensors file, as literal bytes.
struct HeaderErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let problem: SafetensorsProblem

        init(_ name: String, _ bytes: [UInt8], _ problem: SafetensorsProblem) {
            (self.name, self.bytes, self.problem) = (name, bytes, problem)
        }

        /// A header and four bytes of data.
        init(_ name: String, _ header: String, _ problem: SafetensorsProblem) {
            self.init(name, TinyCheckpoint.safetensors(header: header, data: [1, 2, 3, 4]), problem)
        }

        var testDescription: String { name }
    }

    static let good = #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#

    static let length: [Case] = [
        Case("nothing", [], .tooShort(size: 0)),
        Case("seven bytes", [1, 0, 0, 0, 0, 0, 0], .tooShort(size: 7)),
        Case("empty header", [0, 0, 0, 0, 0, 0, 0, 0], .emptyHeader),
        Case("100,000,001 bytes", [0x01, 0xE1, 0xF5, 0x05, 0, 0, 0, 0], .headerTooLarge(bytes: 100_000_001)),
        Case("2^64-1 bytes", [UInt8](repeating: 255, count: 8), .headerTooLarge(bytes: UInt64.max)),
        Case("2^63 bytes", [0, 0, 0, 0, 0, 0, 0, 128], .headerTooLarge(bytes: 1 << 63)),
        Case("beyond the end", [3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D], .headerBeyondFile(bytes: 3, size: 10)),
        Case(
            "one byte after the last tensor", TinyCheckpoint.safetensors(header: good, data: [1, 2, 3, 4, 5]),
            .wrongFileSize(got: 67, expected: 66)),
        Case(
            "one byte of the last tensor missing", TinyCheckpoint.safetensors(header: good, data: [1, 2, 3]),
            .wrongFileSize(got: 65, expected: 66)),
        Case("data without tensors", "{}", .wrongFileSize(got: 14, expected: 10)),
    ]

    static let syntax: [Case] = [
        Case("no object", "[]", .notJSON(JSONProblem(reason: "an object was expected", offset: 0))),
        Case(
            "NUL padding", good + "\0",
            .notJSON(JSONProblem(reason: "byte 0x0 follows the end of the value", offset: 54))),
        Case("two objects", "{}{}", .notJSON(JSONProblem(reason: "'{' follows the end of the value", offset: 2))),
        Case("comma at the end", #"{"a":1,}"#, .notJSON(JSONProblem(reason: "an object was expected", offset: 5))),
        Case(
            "cut off", #"{"a":{"dtype":"F3"#, .notJSON(JSONProblem(reason: "the text ends inside a string", offset: 17))
        ),
        Case(
            "not UTF-8",
            TinyTensor("", type: "", shape: [], bytes: [4, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0xFF, 0xFE, 0x7D]).bytes,
            .notJSON(JSONProblem(reason: "the text is not valid UTF-8", offset: 0))),
        Case(
            "nested 200 deep",
            #"{"a":{"x":"# + String(repeating: "[", count: 200) + String(repeating: "]", count: 200) + "}}",
            .notJSON(JSONProblem(reason: "nesting deeper than 128", offset: 136))),
        Case(
            "negative dimension", #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
            .notJSON(JSONProblem(reason: "a whole number in 0...9223372036854775807 was expected", offset: 29))),
        Case(
            "dimension with a point", #"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#,
            .notJSON(JSONProblem(reason: "a whole number in 0...9223372036854775807 was expected", offset: 29))),
        Case(
            "offset beyond 64 bits", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775808]}}"#,
            .notJSON(JSONProblem(reason: "a whole number in 0...9223372036854775807 was expected", offset: 50))),
        Case(
            "metadata that is no text", #"{"__metadata__":{"format":1}}"#,
            .notJSON(JSONProblem(reason: "a string was expected", offset: 26))),
    ]

    static let content: [Case] = [
        Case(
            "a tensor twice, alike",
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            .duplicateTensor("a")),
        Case(
            "a tensor twice, once escaped", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{}}"#,
            .duplicateTensor("a")),
        Case(
            "a field twice", #"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            .duplicateField("dtype", tensor: "a")),
        Case("metadata twice", #"{"__metadata__":{},"__metadata__":{}}"#, .duplicateMetadata),
        Case("no type", #"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, .missingField("dtype", tensor: "a")),
        Case("no shape", #"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, .missingField("shape", tensor: "a")),
        Case("no offsets", #"{"a":{"dtype":"F32","shape":[1]}}"#, .missingField("data_offsets", tensor: "a")),
        Case(
            "type in lower case", #"{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}"#,
            .unknownType("f32", tensor: "a")),
        Case(
            "three offsets", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#,
            .wrongOffsetCount(3, tensor: "a")),
        Case(
            "end before begin", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
            .endBeforeBegin(begin: 4, end: 0, tensor: "a")),
        Case(
            "shape and size disagree", #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
            .wrongSize(bytes: 4, expected: 8, tensor: "a")),
        Case(
            "size overflows", #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#,
            .sizeOverflow(tensor: "a")),
        Case(
            "size overflows behind a zero",
            #"{"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}"#,
            .sizeOverflow(tensor: "a")),
        Case(
            "half a byte", #"{"a":{"dtype":"F4","shape":[7],"data_offsets":[0,4]}}"#,
            .fractionOfAByte(bits: 28, tensor: "a")),
        Case(
            "first tensor not at the beginning", #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}"#,
            .gapOrOverlap(begin: 1, expected: 0, tensor: "a")),
        Case(
            "a hole",
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}"#,
            .gapOrOverlap(begin: 3, expected: 1, tensor: "b")),
        Case(
            "an overlap",
            #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
            .gapOrOverlap(begin: 2, expected: 3, tensor: "b")),
        Case(
            "too many axes",
            #"{"a":{"dtype":"F32","shape":["# + String(repeating: "1,", count: 32) + #"1],"data_offsets":[0,4]}}"#,
            .tooManyDimensions(33, tensor: "a")),
        Case(
            "a name of 4097 bytes", #"{""# + String(repeating: "n", count: 4097) + #"":{}}"#, .nameTooLong(bytes: 4097)),
        Case(
            "slices of torch.distributed.checkpoint",
            #"{"__metadata__":{"DCP_VERSION":"1.0","DCP_SHARDING_INFO":"{}"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            .slices),
    ]

    @Test(arguments: length + syntax + content) func whatIsWrongIsNamed(testCase: Case) throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write(testCase.bytes, to: "model.safetensors")
        let error = #expect(throws: CheckpointError.self) { try CheckpointReader.open(directory: folder.path) }
        #expect(error == .damaged(file: path, testCase.problem))
        let text = error?.description ?? ""
        #expect(text.hasPrefix("cannot read \(path): ") && text.contains("; ") && !text.contains("\n"))
    }

    static let accepted: [Case] = [
        Case("spaces and newlines at the end", good + " \n \n  ", .slices),
        Case("white space at the beginning", " \n\t" + good, .slices),
        Case(
            "an unknown field", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":{"y":[1,null,true]}}}"#,
            .slices),
        Case(
            "metadata that is null", #"{"__metadata__":null,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            .slices),
        Case(
            "tensors without numbers where another begins",
            #"{"z":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}"#,
            .slices),
        Case("a scalar", #"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#, .slices),
        Case("an escaped name", #"{"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, .slices),
    ]

    @Test(arguments: accepted) func whatTheReferenceImplementationReadsIsRead(testCase: Case) throws {
        let folder = try TemporaryDirectory()
        try folder.write(testCase.bytes, to: "model.safetensors")
        let source = try CheckpointReader.open(directory: folder.path)
        #expect(try source.read("a") == .float32([Float(bitPattern: 0x0403_0201)]))
    }

    @Test func keysMayComeInAnotherOrderThanTheBytesAndDataMayBeUnaligned() throws {
        let folder = try TemporaryDirectory()
        let header =
            #"{"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
        try folder.write(
            TinyCheckpoint.safetensors(header: header, data: [9, 0, 0, 0x80, 0x3F]), to: "model.safetensors")
        let source = try CheckpointReader.open(directory: folder.path)
        #expect(try source.read("b") == .float32([1]))
        #expect(source.shards == [CheckpointShard(fileName: "model.safetensors", tensors: ["a", "b"])])
    }
}
