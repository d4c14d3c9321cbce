import Foundation
import GRDB
import Testing
import Vocabulary

@testable import TrajectoryStore

/// What a store looks like after kill -9 or a power loss: copies of its files at that moment.
struct CrashTests {
    private func opened(_ folder: TemporaryFolder) throws -> TrajectoryDatabase {
        let store = try TrajectoryDatabase.open(path: folder.store)
        try store.claim(for: Planted.run, programVersion: "0.1.0", now: Planted.now)
        return store
    }

    @Test func stagedRowsOfAnUnfinishedRecordingAreDeletedAtOpen() throws {
        let folder = try TemporaryFolder()
        let store = try opened(folder)
        try store.recordWhole(10, registering: "tangent")
        let expected = try store.canonicalDump()
        _ = try store.stageWhole(20, registering: "tangent")
        #expect(try store.count("direction_vectors") == 4)

        let survivor = try TrajectoryDatabase.open(path: try folder.crashCopy("crashed"))
        #expect(try survivor.count("factor") == 2 && survivor.count("registration") == 1)
        #expect(try survivor.count("direction_vectors") == 2 && survivor.count("registered_direction") == 3)
        #expect(try survivor.nextPending()?.step == TrainingStep(20))
        #expect(try survivor.canonicalDump().filter { !$0.hasPrefix("checkpoint step=20") } == expected)
        try survivor.verify()
        try survivor.recordWhole(20)
        try store.recordWhole(20)
        #expect(try survivor.canonicalDump() == store.canonicalDump())
    }

    @Test func anUncommittedTransactionIsInvisible() throws {
        let folder = try TemporaryFolder()
        let store = try opened(folder)
        try store.recordWhole(10)
        let expected = try store.canonicalDump()
        var copy = ""
        try store.writer.write { database in
            try database.execute(sql: "PRAGMA cache_size = 1")  // Pages spill into the log before the commit.
            try database.execute(sql: "UPDATE checkpoint SET state = 'superseded'")
            try database.execute(
                sql: """
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                    INSERT INTO event (time, kind, payload) SELECT ?, 'warning', '"' || hex(randomblob(50)) || '"' FROM n
                    """, arguments: [Planted.now])
            copy = try folder.crashCopy("crashed")
        }
        let logSize = try FileManager.default.attributesOfItem(atPath: copy + "-wal")[.size] as? Int ?? 0
        #expect(logSize > 200_000)
        let survivor = try TrajectoryDatabase.open(path: copy)
        #expect(try survivor.canonicalDump() == expected)
        #expect(try survivor.count("event") == 1)
    }

    /// Power loss may leave any beginning of the log: each must open as the state after some whole transaction.
    @Test func everyBeginningOfTheLogIsAWholeState() throws {
        let folder = try TemporaryFolder()
        let store = try opened(folder)
        try store.writer.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        var states = [try recorded(store)]
        for step in 1...3 {
            try store.recordWhole(step)
            states.append(try recorded(store))
        }
        let whole = try folder.crashCopy("whole")
        let log = try Data(contentsOf: URL(fileURLWithPath: whole + "-wal"))
        var seen: Set<Int> = []
        let lengths = stride(from: 0, to: log.count, by: log.count / 25) + [log.count]
        for (number, length) in lengths.enumerated() {
            let copy = folder.path + "/cut-\(number)"
            try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: whole, toPath: copy + "/store.sqlite")
            try log.prefix(length).write(to: URL(fileURLWithPath: copy + "/store.sqlite-wal"))
            let survivor = try TrajectoryDatabase.open(path: copy + "/store.sqlite")
            let index = states.firstIndex(of: try recorded(survivor))
            #expect(index != nil, "a log cut at \(length) of \(log.count) bytes shows a state that never was")
            if let index { seen.insert(index) }
            try survivor.verify()
            try survivor.close()
        }
        #expect(seen == [0, 1, 2, 3])
    }

    /// The dump without checkpoints that are not recorded: noting one is a transaction of its own.
    private func recorded(_ store: TrajectoryDatabase) throws -> [String] {
        try store.canonicalDump().filter { !$0.contains("state=pending") }
    }

    @Test func anotherProcessHoldingTheLockIsReportedWithinTheTimeout() throws {
        let folder = try TemporaryFolder()
        let store = try TrajectoryDatabase.open(path: folder.store, options: StoreOptions(busyTimeout: 0.1))
        try store.claim(for: Planted.run, programVersion: "0.1.0", now: Planted.now)
        let shell = try SQLiteShell(folder.store)
        try shell.ask("BEGIN IMMEDIATE; SELECT 'held';", awaiting: "held")
        let start = ContinuousClock.now
        #expect { try store.notePending(Planted.seen(10)) } throws: {
            guard case StoreError.locked = $0 else { return false }
            return "\($0)".contains("sqlite3 shell") && ($0 as? StoreError)?.isPassing == true
        }
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(try store.checkpoints().isEmpty)
        try shell.ask("ROLLBACK; SELECT 'free';", awaiting: "free")
        try store.notePending(Planted.seen(10))
        shell.end()
    }

    @Test func anOwnerThatIsKilledLeavesTheStoreFree() throws {
        let folder = try TemporaryFolder()
        let store = try opened(folder)
        try store.close()
        let owner = try SQLiteShell(folder.store + ".lock")
        try owner.ask("BEGIN IMMEDIATE; SELECT 'held';", awaiting: "held")
        let options = StoreOptions(busyTimeout: 0.05)
        #expect { try TrajectoryDatabase.open(path: folder.store, options: options) } throws: {
            guard case StoreError.inUse = $0 else { return false }
            return true
        }
        owner.end()
        try TrajectoryDatabase.open(path: folder.store, options: options).close()
    }
}

/// The sqlite3 command line on a file: another process, as a curious person would run it.
final class SQLiteShell {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ path: String) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sqlite3", "-batch", path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    /// Sends statements and returns when the shell has printed `word`.
    func ask(_ sql: String, awaiting word: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((sql + "\n").utf8))
        var heard = ""
        while !heard.contains(word) {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Silence(heard: heard) }
            heard += String(decoding: data, as: UTF8.self)
        }
    }

    /// Kills it, as kill -9 does, and waits for its end.
    func end() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    struct Silence: Error { let heard: String }
}
