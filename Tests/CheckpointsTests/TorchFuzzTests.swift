import Files
import TestSupport
import Testing
import Vocabulary

@testable import Checkpoints

/// Real files with a few bytes changed, the same ones every time: each is refused, or read as something that is
/// consistent in itself. Nothing traps, and nothing takes more memory than the file could fill.
struct TorchFuzzTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory(inMemory: true) }

    /// Changes one to four places: another byte, a flipped bit, a cut, a copy of a part, or a number that lies.
    private func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !result.isEmpty {
            let place = Int.random(in: 0..<result.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: result[place] = UInt8.random(in: 0...255, using: &random)
            case 1: result[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: result.removeSubrange(place..<min(result.count, place + Int.random(in: 1...9, using: &random)))
            case 3:
                let part = Array(result[place..<min(result.count, place + Int.random(in: 1...40, using: &random))])
                result.insert(contentsOf: part, at: Int.random(in: 0...result.count, using: &random))
            case 4: for index in place..<min(result.count, place + 8) { result[index] = 0xFF }
            default: for index in place..<min(result.count, place + 4) { result[index] = 0 }
            }
        }
        return result
    }

    /// Opens a folder and reads all of it; true where that succeeds.
    private func isRead(limit: Int) throws -> Bool {
        do {
            let source = try CheckpointReader.open(directory: folder.path)
            var total = 0
            for tensor in source.tensors {
                let values = try source.read(tensor.name)
                #expect(values.count == tensor.shape.elementCount)
                total = max(total, tensor.byteCount)
            }
            for other in source.otherTensors { try source.copyBytes(other.name, chunk: 64) { _ in } }
            #expect(total <= limit)
            return true
        } catch is CheckpointError { return false }
    }

    @Test(arguments: [
        "fsdp2-world-1/model_world_size_1_rank_0.pt", "bin-views/pytorch_model.bin", "bin-types/pytorch_model.bin",
    ])
    func aDamagedArchiveNeverTraps(file: String) throws {
        let valid = try TorchFixture.bytes(file)
        let name = String(file.split(separator: "/")[1])
        var random = SeededGenerator(seed: 11)
        var accepted = 0
        for _ in 0..<1500 {
            try folder.write(mutated(valid, &random), to: name)
            if try isRead(limit: 2 * valid.count) { accepted += 1 }
        }
        // Most of a file is weights, which may be anything, and padding.
        #expect((1..<1400).contains(accepted))
    }

    /// The pickle alone, so that every change meets the parser.
    @Test(arguments: ["fsdp2-hybrid-2x2/model_world_size_4_rank_3.pt", "dcp-prime-rl/.metadata"])
    func aDamagedPickleNeverTraps(file: String) throws {
        var valid = try TorchFixture.bytes(file)
        if file.hasSuffix(".pt") {
            let reader = try FileReader(path: TorchFixture.path(file))
            let zip = try ZipArchive(reader)
            let member = try #require(zip.members.values.first { $0.name.hasSuffix("data.pkl") })
            valid = try zip.bytes(of: member, limit: member.size)
        }
        var random = SeededGenerator(seed: 12)
        var read = 0
        for _ in 0..<4000 {
            do {
                let (tree, root) = try PickleReader.read(mutated(valid, &random))
                #expect(tree.values.count <= valid.count * 2)
                read += 1
                if file.hasSuffix(".pt") {
                    _ = try TorchStateReader(tree: tree).tensors(of: root)
                } else {
                    _ = try DistributedMetadata(mutated(valid, &random))
                }
            } catch is PickleProblem {} catch is TorchProblem {} catch is ShardProblem {}
        }
        #expect(read > 100)
    }

    @Test func damagedMetadataNeverTraps() throws {
        for name in ["__0_0.distcp", "__1_0.distcp"] {
            try folder.write(TorchFixture.bytes("dcp-prime-rl/\(name)"), to: name)
        }
        let valid = try TorchFixture.bytes("dcp-prime-rl/.metadata")
        var random = SeededGenerator(seed: 13)
        for _ in 0..<700 {
            try folder.write(mutated(valid, &random), to: ".metadata")
            _ = try isRead(limit: 1 << 20)
        }
    }

    @Test func aDamagedDirectoryOfAZipNeverTraps() throws {
        let valid = try TorchFixture.bytes("bin-one-file/pytorch_model.bin")
        let tail = 1600
        var random = SeededGenerator(seed: 14)
        for _ in 0..<2000 {
            let damaged = Array(valid.dropLast(tail)) + mutated(Array(valid.suffix(tail)), &random)
            try folder.write(damaged, to: "pytorch_model.bin")
            _ = try isRead(limit: 2 * valid.count)
        }
    }
}
