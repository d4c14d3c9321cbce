import Checkpoints
import TestSupport
import Testing
import Vocabulary

struct ShardIndexTests {
    let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
        try TinyCheckpoint.writeSharded([[.float32("a", [1], [1])], [.float32("b", [1], [2])]], to: folder.path)
    }

    private func problem(_ index: String) throws -> IndexProblem? {
        try folder.write(index, to: "model.safetensors.index.json")
        let error = #expect(throws: CheckpointError.self) { try CheckpointReader.open(directory: folder.path) }
        guard case .badIndex(_, let problem) = error else { return nil }
        return problem
    }

    private static let first = "model-00001-of-00002.safetensors"
    private static let second = "model-00002-of-00002.safetensors"

    @Test(arguments: [
        "../x.safetensors", "..", "/etc/passwd", "a/b.safetensors", "", ".", ".hidden.safetensors", "model.bin",
        "model",
        "..\\/x.safetensors", "a\\u0000.safetensors", "\\u002e\\u002e\\u002fx.safetensors",
    ])
    func namesOfOtherPlacesAreRefused(name: String) throws {
        let problem = try problem(#"{"weight_map": {"a": "\#(name)"}}"#)
        guard case .unsafeFileName = problem else {
            Issue.record("got \(String(describing: problem))")
            return
        }
    }

    @Test func theIndexMustBeWhatItSays() throws {
        #expect(try problem("{}") == .noWeightMap)
        #expect(try problem("") == .notJSON(JSONProblem(reason: "the text ends where a value should begin", offset: 0)))
        #expect(
            try problem(#"{"weight_map": []}"#) == .notJSON(JSONProblem(reason: "an object was expected", offset: 15)))
        #expect(
            try problem(#"{"weight_map": {"a": 1}}"#)
                == .notJSON(JSONProblem(reason: "a string was expected", offset: 21)))
        #expect(try problem(#"{"weight_map": {}, "weight_map": {}}"#) == .duplicateField("weight_map"))
        #expect(
            try problem(#"{"weight_map": {"a": "\#(Self.first)", "a": "\#(Self.first)"}}"#) == .duplicateTensor("a"))
        #expect(
            try problem(#"{"weight_map": {"a": "\#(Self.first)", "b": "gone.safetensors"}}"#)
                == .missingFile("gone.safetensors"))
    }

    @Test func indexAndFilesMustNameTheSameTensors() throws {
        #expect(
            try problem(#"{"weight_map": {"a": "\#(Self.second)", "b": "\#(Self.first)"}}"#)
                == .tensorNotInFile(tensor: "a", file: Self.second))
        #expect(
            try problem(#"{"weight_map": {"a": "\#(Self.first)", "b": "\#(Self.second)", "c": "\#(Self.first)"}}"#)
                == .tensorNotInFile(tensor: "c", file: Self.first))
        #expect(
            try problem(#"{"weight_map": {"z": "\#(Self.first)", "b": "\#(Self.second)"}}"#)
                == .tensorNotInIndex(tensor: "a", file: Self.first))
    }

    @Test func aTensorInTwoFilesIsRefused() throws {
        try folder.write(TinyCheckpoint.safetensors([.float32("a", [1], [3])]), to: Self.second)
        #expect(throws: CheckpointError.tensorInTwoFiles("a", directory: folder.path, Self.first, Self.second)) {
            try CheckpointReader.open(directory: folder.path)
        }
    }

    @Test func noDamagedByteOfAnIndexTraps() throws {
        let valid = try folder.bytes(of: "model.safetensors.index.json")
        for offset in valid.indices {
            for byte in [UInt8(0), 0x22, 0x2C, 0x5C, 0x7B, 0xFF, valid[offset] ^ 1] {
                var damaged = valid
                damaged[offset] = byte
                try folder.write(damaged, to: "model.safetensors.index.json")
                do { _ = try CheckpointReader.open(directory: folder.path) } catch {}
            }
        }
    }
}
