import Foundation
import GRDB
import Testing
import Vocabulary

@testable import TrajectoryStore

struct OpeningTests {
    private let quick = StoreOptions(busyTimeout: 0.05)

    @Test func openCreatesTheFolderAndASafeLog() throws {
        let folder = try TemporaryFolder()
        let store = try TrajectoryDatabase.open(path: folder.store)
        let settings = try store.writer.writeWithoutTransaction { database in
            try ["journal_mode", "synchronous", "foreign_keys", "application_id", "user_version"].map {
                try String.fetchOne(database, sql: "PRAGMA \($0)") ?? ""
            }
        }
        #expect(settings == ["wal", "2", "1", String(SchemaVersions.applicationID), String(SchemaVersions.newest)])
        try store.claim(for: Planted.run, programVersion: "0.1.0", now: Planted.now)
        _ = try store.stageWhole(1)
        let afterStaging = try store.writer.writeWithoutTransaction {
            try String.fetchOne($0, sql: "PRAGMA synchronous")
        }
        #expect(afterStaging == "2")
        try store.close()
    }

    @Test func aFolderThatCannotBeMadeIsToldInTheSystemsWords() throws {
        let folder = try TemporaryFolder()
        try TrajectoryDatabase.open(path: folder.store).close()
        let error = #expect(throws: StoreError.self) {
            try TrajectoryDatabase.open(path: folder.store + "/below/store.sqlite")
        }
        let line = error?.description ?? ""
        #expect(line.contains("is not writable (Not a directory)"), "\(line)")
    }

    @Test func openingAgainKeepsEverythingAndMigratesNothing() throws {
        let folder = try TemporaryFolder()
        var dumps: [[String]] = []
        for attempt in 1...3 {
            let store = try TrajectoryDatabase.open(path: folder.store)
            try store.claim(for: Planted.run, programVersion: "0.1.\(attempt)", now: Planted.now)
            if attempt == 1 { try store.recordWhole(10, registering: "tangent") }
            try SchemaVersions.migrator.migrate(store.writer)
            dumps.append(try store.canonicalDump())
            #expect(try store.run()?.programVersion == "0.1.\(attempt)")
            try store.verify()
            try store.close()
        }
        #expect(dumps[0] == dumps[1] && dumps[1] == dumps[2] && dumps[0].count > 8)
    }

    @Test func anotherBaseIsRefusedWithBothFingerprints() throws {
        let store = try TrajectoryDatabase.planted()
        let other = RunIdentity(name: "tiny", basePath: "/base", baseFingerprint: "beef", watchPath: "/run")
        #expect(throws: StoreError.otherBase(path: ":memory:", run: "tiny", got: "beef", expected: "f00d")) {
            try store.claim(for: other, programVersion: "0.1.0", now: Planted.now)
        }
        #expect(try store.run()?.identity == Planted.run)
    }

    @Test func aRunMayBeRenamedOrMovedButNotBoth() throws {
        let store = try TrajectoryDatabase.planted()
        func claim(_ name: String, _ watch: String) throws {
            let run = RunIdentity(name: name, basePath: "/base", baseFingerprint: "f00d", watchPath: watch)
            try store.claim(for: run, programVersion: "0.1.0", now: Planted.now)
        }
        try claim("renamed", "/run")
        try claim("renamed", "/moved")
        #expect { try claim("third", "/elsewhere") } throws: {
            "\($0)".contains("got third at /elsewhere, expected renamed at /moved")
        }
    }

    @Test func aNewerSchemaIsRefusedAndLeftAlone() throws {
        let folder = try TemporaryFolder()
        let store = try TrajectoryDatabase.open(path: folder.store)
        try store.execute("PRAGMA user_version = 7")
        try store.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.store))
        let expected = StoreError.newerSchema(path: folder.store, got: 7, expected: SchemaVersions.newest)
        #expect(throws: expected) { try TrajectoryDatabase.open(path: folder.store) }
        #expect(throws: expected) { try TrajectoryDatabase.openForReading(path: folder.store) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.store)) == before)
    }

    @Test func someoneElsesDatabaseIsRefusedAndLeftAlone() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/other.sqlite"
        let other = try DatabaseQueue(path: path)
        try other.write { try $0.execute(sql: "CREATE TABLE theirs (x)") }
        try other.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect { try TrajectoryDatabase.open(path: path) } throws: {
            guard case StoreError.foreignFile = $0 else { return false }
            return true
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func aTextFileIsRefused() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/notes.txt"
        try String(repeating: "not a database ", count: 100).write(toFile: path, atomically: true, encoding: .utf8)
        #expect { try TrajectoryDatabase.open(path: path) } throws: {
            "\($0)".contains("is not a store of alpharl")
        }
    }

    @Test func aStoreWhoseCreationWasCutShortIsCompleted() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path + "/state", withIntermediateDirectories: true)
        let queue = try DatabaseQueue(path: folder.store)
        try DatabaseMigrator().migrate(queue)
        try queue.close()
        let store = try TrajectoryDatabase.open(path: folder.store)
        #expect(try store.run() == nil)
    }

    @Test(arguments: [true, false]) func overwrittenPagesAreFoundAtOpen(checksWholeFile: Bool) throws {
        let folder = try TemporaryFolder()
        let store = try TrajectoryDatabase.open(path: folder.store)
        try store.claim(for: Planted.run, programVersion: "0.1.0", now: Planted.now)
        for step in 1...20 { try store.recordWhole(step) }
        let root = try store.reading("find a page") {
            try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'factor'") ?? 0
        }
        try store.close()
        let file = try #require(FileHandle(forUpdatingAtPath: folder.store))
        try file.seek(toOffset: UInt64((root - 1) * 4096))
        try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        try file.close()
        let options = StoreOptions(fullCheckLimit: checksWholeFile ? 1 << 30 : 0)
        #expect { try TrajectoryDatabase.open(path: folder.store, options: options) } throws: {
            guard case StoreError.damaged = $0 else { return false }
            return "\($0)".contains("store.sqlite is damaged") && "\($0)".contains("restore a backup")
        }
    }

    @Test func aTruncatedFileIsFoundAtOpen() throws {
        let folder = try TemporaryFolder()
        let store = try TrajectoryDatabase.open(path: folder.store)
        try store.claim(for: Planted.run, programVersion: "0.1.0", now: Planted.now)
        for step in 1...20 { try store.recordWhole(step) }
        try store.close()
        let file = try #require(FileHandle(forUpdatingAtPath: folder.store))
        try file.truncate(atOffset: 4096 * 12)
        try file.close()
        #expect { try TrajectoryDatabase.open(path: folder.store) } throws: {
            guard case StoreError.damaged = $0 else { return false }
            return true
        }
    }

    @Test func aStoreHasOneOwner() throws {
        let folder = try TemporaryFolder()
        let store = try TrajectoryDatabase.open(path: folder.store)
        let ourselves = Int(ProcessInfo.processInfo.processIdentifier)
        #expect(throws: StoreError.inUse(path: folder.store, processID: ourselves)) {
            try TrajectoryDatabase.open(path: folder.store, options: quick)
        }
        try store.close()
        try TrajectoryDatabase.open(path: folder.store, options: quick).close()
    }

    @Test func readersSeeTheStoreBesideItsOwnerAndCannotWrite() throws {
        let folder = try TemporaryFolder()
        #expect(throws: StoreError.missing(path: folder.store)) {
            try TrajectoryDatabase.openForReading(path: folder.store)
        }
        let store = try TrajectoryDatabase.open(path: folder.store)
        try store.claim(for: Planted.run, programVersion: "0.1.0", now: Planted.now)
        let reader = try TrajectoryDatabase.openForReading(path: folder.store)
        try store.recordWhole(10)
        #expect(try reader.recordedSteps() == [TrainingStep(10)])
        #expect { try reader.append(NewEvent(kind: "warning", payload: "{}", time: Planted.now)) } throws: {
            guard case StoreError.unwritable = $0 else { return false }
            return true
        }
    }

    @Test func readersDoNotMigrate() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/empty.sqlite"
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(throws: StoreError.olderSchema(path: path, got: 0, expected: SchemaVersions.newest)) {
            try TrajectoryDatabase.openForReading(path: path)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).isEmpty)
    }

    @Test func anUnwritableFolderIsNamed() throws {
        let folder = try TemporaryFolder()
        try "a file".write(toFile: folder.path + "/state", atomically: true, encoding: .utf8)
        #expect { try TrajectoryDatabase.open(path: folder.store) } throws: {
            guard case StoreError.unwritable = $0 else { return false }
            return "\($0)".contains("set store.path")
        }
    }

    @Test func aFullDiskChangesNothingAndSaysSo() throws {
        let folder = try TemporaryFolder()
        let store = try TrajectoryDatabase.open(path: folder.store)
        try store.claim(for: Planted.run, programVersion: "0.1.0", now: Planted.now)
        let session = try store.stageWhole(10)
        let before = try store.canonicalDump()
        // SQLite reports a file system without room and this limit with the same code.
        func limit(_ sql: String) throws {
            try store.writer.writeWithoutTransaction { try $0.execute(sql: sql) }
        }
        try limit("PRAGMA max_page_count = 1")
        let large = NewEvent(
            kind: "warning", payload: "\"" + String(repeating: "x", count: 1 << 20) + "\"", time: Planted.now)
        #expect(throws: StoreError.full(path: folder.store, operation: "store an event")) { try store.append(large) }
        #expect(try store.canonicalDump() == before)
        try limit("PRAGMA max_page_count = 1000000")
        try store.append(large)
        try store.record(Planted.recording(), finishing: session)
    }
}
