import Checkpoints
import Emission
import Files
import Synchronization
import TestSupport
import Testing
import Vocabulary

struct BoundedMemoryTests {
    @Test func noReadOrWriteIsLargerThanABlockHoweverLargeTheModel() throws {
        var fixture = try EmissionFixture()
        var generator = SeededGenerator(seed: 2)
        try TinyCheckpoint.write(
            [
                .float32("w", [400, 50], generator.gaussians(20_000)),
                .float32("e", [2_000_000], [Float](repeating: 1, count: 2_000_000)),
            ],
            to: fixture.folder.path("run/checkpoint-120"))
        fixture.settings.blockElements = 500
        let largest = Mutex((read: 0, written: 0))
        var calls = FileSystemCalls.system
        calls.read = { (descriptor, room, range, offset) throws(SystemCallFailure) in
            largest.withLock { $0.read = max($0.read, range.count) }
            return try FileSystemCalls.system.read(descriptor, &room, range, offset)
        }
        calls.write = { (descriptor, bytes) throws(SystemCallFailure) in
            largest.withLock { $0.written = max($0.written, bytes.byteCount) }
            return try FileSystemCalls.system.write(descriptor, bytes)
        }
        let movement = LowRankMatrix([
            RankOneComponent(scale: 1, left: generator.unitVector(400), right: generator.unitVector(50))
        ])
        let composition = try fixture.composition(["w": movement], calls: calls)
        _ = try fixture.builder(calls: calls).publish(fixture.request(composition: composition))
        // Four bytes for each number of a block; the manifest and side files are smaller.
        #expect(largest.withLock(\.read) <= 2000)
        #expect(largest.withLock(\.written) <= 4 << 20)
    }
}
