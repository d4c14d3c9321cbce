import Checkpoints
import Files
import TestSupport
import Testing
import Vocabulary

/// Damaged copies of valid files: they are refused, or read as something that is consistent in itself, and never trap.
struct HostileFileTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory(inMemory: true) }

    private let valid = TinyCheckpoint.safetensors([
        .float32("layers.0.weight", [2, 3], [1, 2, 3, 4, 5, 6]), .bfloat16("b", [4], [1, 2, 3, 4]),
        .int64("n", [1], [5]),
    ])

    /// Opens the bytes as a checkpoint and reads all of it.
    private func read(_ bytes: [UInt8]) throws {
        try folder.write(bytes, to: "model.safetensors")
        let source = try CheckpointReader.open(directory: folder.path)
        for tensor in source.tensors {
            let values = try source.read(tensor.name)
            #expect(values.count == tensor.shape.elementCount)
            #expect(values.elementType == tensor.elementType)
        }
        for tensor in source.otherTensors { try source.copyBytes(tensor.name, chunk: 3) { _ in } }
        let total = source.tensors.reduce(0) { $0 + $1.byteCount } + source.otherTensors.reduce(0) { $0 + $1.byteCount }
        #expect(total < bytes.count)
    }

    @Test func everyTruncationIsRefused() throws {
        try read(valid)
        for length in 0..<valid.count {
            let error = #expect(throws: CheckpointError.self, "cut at \(length)") { try read(Array(valid[..<length])) }
            #expect(error?.severity == .unsettled)
        }
    }

    @Test func noFlippedBitOfTheHeaderTraps() throws {
        let headerLength = 8 + Int(valid[0]) + Int(valid[1]) << 8
        var accepted = 0
        for offset in 0..<headerLength {
            for bit in 0..<8 {
                var damaged = valid
                damaged[offset] ^= 1 << UInt8(bit)
                do {
                    try read(damaged)
                    accepted += 1
                } catch is CheckpointError {}
            }
        }
        // A flipped bit in a name is another name; in most other places it must be noticed.
        #expect(accepted < headerLength * 8 / 3)
    }

    @Test func randomBytesInTheHeaderNeverTrap() throws {
        var generator = SeededGenerator(seed: 3)
        let alphabet = Array(#"{}[]",:0123456789-eE.\utrfnFalse"dtype""shape""data_offsets""F32" "#.utf8)
        for _ in 0..<500 {
            let length = Int.random(in: 0...80, using: &generator)
            let header = (0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            let text = String(decoding: header, as: UTF8.self)
            #expect(throws: CheckpointError.self) {
                try read(TinyCheckpoint.safetensors(header: text, data: [1, 2, 3, 4]))
            }
        }
    }

    @Test func aHeaderWithTooManyTensorsIsRefusedWithoutTakingMemoryForThem() throws {
        var header = "{"
        for number in 0...SafetensorsLimits.tensorsPerFile {
            header += (number == 0 ? "" : ",") + #""\#(number)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
        }
        let path = try folder.write(TinyCheckpoint.safetensors(header: header + "}"), to: "model.safetensors")
        #expect(throws: CheckpointError.damaged(file: path, .tooManyTensors)) {
            try CheckpointReader.open(directory: folder.path)
        }
    }
}
