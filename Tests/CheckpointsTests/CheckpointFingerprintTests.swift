import Checkpoints
import Files
import TestSupport
import Testing
import Vocabulary

struct CheckpointFingerprintTests {
    private let tensors: [TinyTensor] = [
        .float32("b", [2], [1, 2]), .bfloat16("a", [3], [1, 2, 4]), .int64("n", [1], [3]),
    ]

    private func fingerprint(_ make: (String) throws -> Void) throws -> ContentHash {
        let folder = try TemporaryDirectory()
        try make(folder.path)
        return try CheckpointFingerprint.of(try CheckpointReader.open(directory: folder.path), chunk: 4)
    }

    @Test func filesAndOrderMakeNoDifference() throws {
        let one = try fingerprint { try TinyCheckpoint.write(tensors, to: $0) }
        #expect(try fingerprint { try TinyCheckpoint.write(tensors.reversed(), to: $0) } == one)
        #expect(try fingerprint { try TinyCheckpoint.writeSharded(tensors.map { [$0] }, to: $0) } == one)
    }

    @Test func nameTypeShapeAndContentDo() throws {
        let all: [[TinyTensor]] = [
            [.float32("a", [2], [1, 2])], [.float32("b", [2], [1, 2])], [.float32("a", [1, 2], [1, 2])],
            [.float32("a", [2], [1, 3])], [.float64("a", [1], [Double(bitPattern: 0x4000_0000_3F80_0000)])],
        ]
        let hashes = try all.map { tensors in try fingerprint { try TinyCheckpoint.write(tensors, to: $0) } }
        #expect(Set(hashes).count == all.count)
    }

    @Test func itIsCombinedFromTheHashesOfValuesThatWereRead() throws {
        let folder = try TemporaryDirectory()
        try TinyCheckpoint.write(tensors, to: folder.path)
        let source = try CheckpointReader.open(directory: folder.path)
        let parts = try source.tensors.map { (description: $0, hash: try source.read($0.name).contentHash) }
        #expect(CheckpointFingerprint.combine(parts) == (try CheckpointFingerprint.of(source)))
    }
}
