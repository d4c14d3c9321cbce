import ConfigurationFile
import Files
import Synchronization
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// `resources.memory`: how many threads, and weights that are larger than all of it.
@Suite struct MemoryTests {
    @Test(arguments: [
        // Memory, threads, least sizes; threads at work, bytes for each.
        (1000, 4, [10, 20], 4, 250), (1000, 4, [400, 20], 2, 500), (1000, 4, [1000], 1, 1000),
        (1000, 4, [5000, 300], 1, 1000), (1000, 3, [10], 3, 333), (1000, 4, [], 4, 250),
    ])
    func threadsShareTheMemory(memory: Int, threads: Int, sizes: [Int], width: Int, each: Int) {
        var resources = RunConfiguration(watch: "/w", base: "/b", name: "r").resources
        resources.memory = ByteSize(bytes: memory)
        resources.threads = threads
        let shares = MemoryShares(of: resources, for: sizes)
        #expect(shares.width == width)
        #expect(shares.bytesEach == each)
    }

    @Test(arguments: [true, false])
    func onlyWhatTheKernelKeepsIsReadAgain(isLocal: Bool) {
        let shares = MemoryShares(of: RunConfiguration(watch: "/w", base: "/b", name: "r").resources, for: [1000])
        let memory = shares.forModules(onThisMachine: isLocal)
        #expect(memory.weights == (isLocal ? MemoryShares.largestKept : shares.bytesEach))
        #expect(memory.changes == shares.bytesEach)
    }

    /// ext4, tmpfs; NFS, FUSE. The kernel reads ahead from this machine's disks by itself.
    @Test(arguments: [(0xEF53, true), (0x0102_1994, true), (0x6969, false), (0x6573_5546, false)])
    func onlyANetworkIsToldWhatComesNext(magic: Int64, isLocal: Bool) throws {
        var calls = FileSystemCalls.system
        calls.fileSystemMagic = { _ in magic }
        let asked = Mutex<[Int64]>([])
        calls.readAhead = { _, offset, _ in asked.withLock { $0.append(offset) } }
        let fixture = try PipelineFixture(steps: ExampleRun.steps.prefix(1)).copy(named: "asked", calls: calls)
        try fixture.pass(emits: false)
        #expect(try fixture.context.store.recordedSteps().count == 1)
        #expect(asked.withLock { $0.isEmpty } == isLocal)
    }

    @Test(arguments: [
        (1, [5, 1, 2, 9, 1, 1, 3, 1, 4], [5, 9, 4, 3, 2, 1, 1, 1, 1]), (2, [1, 2], [2, 1]), (3, [], []),
    ])
    func theLargestOfTheLastModulesComeFirst(threads: Int, sizes: [Int], expected: [Int]) {
        let modules = sizes.enumerated().map { Module(name: TensorName("w\($0.offset)"), rows: 1, columns: $0.element) }
        #expect(modules.largestFirstAtTheEnd(by: threads).map(\.columns) == expected)
    }

    /// Both weights of most modules of the example exceed 70 kB (64 rows of them do not): eight checkpoints have backtests.
    @Test func aRunWithoutMemoryForItsWeightsEndsTheSame() throws {
        let steps = ExampleRun.steps.prefix(8)
        let usual = try PipelineFixture(steps: steps)
        try usual.pass(emits: false)
        let largest = Mutex(0)
        var fixture = try PipelineFixture(steps: steps) {
            $0.resources.memory = ByteSize(bytes: 70_000)
        }
        fixture = try fixture.copy(
            named: "small", calls: .observingReads { count in largest.withLock { $0 = max($0, count) } })
        try fixture.pass(emits: false)
        #expect(try fixture.context.store.recordedSteps().count == 8)
        #expect(try fixture.context.store.canonicalDump() == usual.context.store.canonicalDump())
        // One thread or two, another order of the modules.
        let single = try PipelineFixture(steps: steps) { $0.resources.threads = 1 }
        try single.pass(emits: false)
        #expect(try single.context.store.canonicalDump() == usual.context.store.canonicalDump())
        #expect(largest.withLock { $0 } <= 70_000 / 2)
    }
}

extension FileSystemCalls {
    /// The same calls; `observe` is told before each read how many bytes it wants.
    fileprivate static func observingReads(_ observe: @escaping @Sendable (Int) -> Void) -> FileSystemCalls {
        var calls = FileSystemCalls.system
        let read = calls.read
        calls.read = { descriptor, room, part, offset throws(SystemCallFailure) in
            observe(part.count)
            return try read(descriptor, &room, part, offset)
        }
        return calls
    }
}
