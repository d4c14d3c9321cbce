import Files
import TensorBoardEvents
import TestSupport
import Testing
import Vocabulary

@testable import RunLayouts

/// Event files as they grow, restart and break. The writer here is our own; files of the tensorboard package are read
/// in `RealMetricsTests`.
struct EventFilesTests {
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    private static func scalar(_ tag: String, _ step: Int, _ value: Double) -> [UInt8] {
        SummaryEvent(wallTime: 1, step: Int64(step), content: .values([SummaryValue(tag: tag, .scalar(value))])).record
    }

    private let start = SummaryEvent.fileVersion(wallTime: 1).record
    private let name = "runs/a/events.out.tfevents.1700000000.host.1.0"

    private func row(_ step: Int, _ value: Double, _ tag: String = "eval/reward") -> LogRow {
        LogRow(step: TrainingStep(step), values: [tag: value])
    }

    @Test func whatIsAddedIsReadOnceAndAnUnfinishedRecordIsWaitedFor() throws {
        var files = EventFiles(path: tree.root)
        let first = start + Self.scalar("eval/reward", 10, 0.5)
        let second = Self.scalar("eval/reward", 20, 0.75)
        try tree.write(name, first)
        #expect(try files.readNew() == [row(10, 0.5)])
        #expect(try files.readNew().isEmpty)
        for length in stride(from: 1, to: second.count, by: 5) {
            try tree.write(name, first + second.prefix(length))
            #expect(try files.readNew().isEmpty)
        }
        try tree.write(name, first + second)
        #expect(try files.readNew() == [row(20, 0.75)])
        #expect(files.problem == nil)
        files.startOver()
        #expect(try files.readNew() == [row(10, 0.5), row(20, 0.75)])
    }

    @Test func filesOfRestartsAreReadInTheOrderOfTheirTimes() throws {
        try tree.write("z/events.out.tfevents.100.host.1.0", start + Self.scalar("eval/reward", 10, 0.125))
        try tree.write("a/events.out.tfevents.200.host.1.0", start + Self.scalar("eval/reward", 10, 0.25))
        var files = EventFiles(path: tree.root)
        #expect(try files.readNew() == [row(10, 0.125), row(10, 0.25)])
    }

    @Test func aWriterThatSaysThatItBeganAgainTakesBackItsFuture() throws {
        let again = SummaryEvent(wallTime: 2, step: 20, content: .sessionStart).record
        try tree.write(name, [10, 20, 30].flatMap { Self.scalar("eval/reward", $0, 0.5) } + again)
        var files = EventFiles(path: tree.root)
        #expect(try files.readNew() == [row(10, 0.5)])
    }

    @Test func ourOwnFilesAndThoseInCheckpointsAreNotRead() throws {
        try tree.write("own/events.out.tfevents.1.host.1.0", Self.scalar("eval/reward", 10, 0.125))
        try tree.write("checkpoint-10/events.out.tfevents.1.host.1.0", Self.scalar("eval/reward", 10, 0.125))
        try tree.write(name, Self.scalar("alpharl/confidence", 10, 0.9))
        var files = EventFiles(path: tree.root, excluding: tree.root + "/own")
        #expect(try files.readNew().isEmpty)
    }

    @Test func damageIsPassedOverAndSaid() throws {
        var middle = Self.scalar("eval/reward", 20, 0.25)
        middle[20] ^= 4
        try tree.write(name, Self.scalar("eval/reward", 10, 0.125) + middle + Self.scalar("eval/reward", 30, 0.375))
        var files = EventFiles(path: tree.root)
        #expect(try files.readNew() == [row(10, 0.125), row(30, 0.375)])
        #expect(files.problem?.contains("does not have the checksum beside it; it is left out") == true)
    }

    @Test func aDamagedLengthEndsTheFileForNow() throws {
        var last = Self.scalar("eval/reward", 20, 0.25)
        last[0] ^= 1
        try tree.write(name, Self.scalar("eval/reward", 10, 0.125) + last)
        var files = EventFiles(path: tree.root)
        #expect(try files.readNew() == [row(10, 0.125)])
        #expect(files.problem?.hasSuffix("what follows cannot be read") == true)
        #expect(try files.readNew().isEmpty)
    }

    /// Graphs and images: longer than a piece, longer than what is looked at.
    @Test(arguments: [EventFiles.pieceSize + 100, EventFiles.longestRecord, EventFiles.longestRecord + 1, 9 << 20])
    func longRecordsDoNotHideWhatFollows(length: Int) throws {
        let long = RecordFraming.record([UInt8](repeating: 0, count: length))
        let before = (1...20).flatMap { Self.scalar("eval/reward", $0, 0.25) }
        try tree.write(name, before + long + Self.scalar("eval/reward", 30, 0.5))
        var files = EventFiles(path: tree.root)
        let rows = try files.readNew()
        #expect(rows.count == 21)
        #expect(rows.last == row(30, 0.5))
        // Cut within the long record: nothing is lost when the rest comes.
        var growing = EventFiles(path: tree.root)
        try tree.write(name, before + long.prefix(long.count / 2))
        #expect(try growing.readNew().count == 20)
        try tree.write(name, before + long + Self.scalar("eval/reward", 30, 0.5))
        #expect(try growing.readNew() == [row(30, 0.5)])
    }

    @Test func aLengthThatLiesWithACorrectChecksumIsWaitedFor() throws {
        for length in [UInt64.max, UInt64.max - 16, UInt64(Int64.max), 1 << 40] {
            let prefix = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) }
            let checksum = MaskedCRC32C.checksum(prefix)
            let header = prefix + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * UInt32($0))) }
            try tree.write(name, Self.scalar("eval/reward", 10, 0.125) + header + [1, 2, 3])
            var files = EventFiles(path: tree.root)
            #expect(try files.readNew() == [row(10, 0.125)])
            #expect(try files.readNew().isEmpty)
        }
    }

    @Test func noBytesTrap() throws {
        var generator = SeededGenerator(seed: 5)
        let valid = start + (1...4).flatMap { Self.scalar("eval/reward", $0, 0.5) }
        for _ in 0..<400 {
            var damaged = valid
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                damaged[Int.random(in: 0..<valid.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            try tree.write(name, Array(damaged.prefix(Int.random(in: 0...valid.count, using: &generator))))
            var files = EventFiles(path: tree.root)
            #expect(try files.readNew().count <= 4)
        }
    }

    @Test func aFolderThatIsNotThereIsSaidToBe() throws {
        var files = EventFiles(path: tree.root + "/none")
        let error = #expect(throws: FileError.self) { try files.readNew() }
        #expect(error?.isVanished == true)
    }
}

struct MetricsPlacesTests {
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    private var run: String { tree.root + "/checkpoints/math/grpo-7b" }

    @Test func verlsLogsAreFoundFromItsCheckpoints() throws {
        #expect(try MetricsPlaces.verlLog(root: run) == nil)
        #expect(try MetricsPlaces.events(root: run) == nil)
        try tree.write("math/grpo-7b.jsonl", "")
        try tree.write("tensorboard_log/math/grpo-7b/events.out.tfevents.1.h", "")
        #expect(try MetricsPlaces.verlLog(root: run) == tree.root + "/math/grpo-7b.jsonl")
        #expect(try MetricsPlaces.events(root: run) == tree.root + "/tensorboard_log/math/grpo-7b")
    }

    @Test func theOnlyLogInTheRunsFolderIsTakenAndOfTwoNone() throws {
        try tree.write("checkpoints/math/grpo-7b/log.jsonl", "")
        #expect(try MetricsPlaces.verlLog(root: run) == run + "/log.jsonl")
        try tree.write("checkpoints/math/grpo-7b/other.jsonl", "")
        #expect(try MetricsPlaces.verlLog(root: run) == nil)
    }

    @Test func primeRLsLogIsFoundFromItsOutputAndFromTheFolderBelow() throws {
        try tree.write("metrics.jsonl", "")
        #expect(try MetricsPlaces.primeRLLog(root: tree.root) == tree.root + "/metrics.jsonl")
        #expect(try MetricsPlaces.primeRLLog(root: tree.root + "/broadcasts") == tree.root + "/metrics.jsonl")
    }
}
