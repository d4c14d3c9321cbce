import Foundation
import GRDB
import TestSupport
import Testing
import Vocabulary

@testable import TrajectoryStore

/// A store that the program made while schema 1 was the newest: five checkpoints of the example run, one weight of each
/// (Tests/Fixtures/stores, made by `alpharl serve --once` of commit afb31f7, then `VACUUM INTO`).
struct MigrationTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let state = folder.path + "/state"
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        let packed = ExampleRun.repository + "Tests/Fixtures/stores/schema-1.sqlite.xz"
        try Tool.run("/bin/sh", ["-c", "exec xz -dc \"$1\" >\"$2\"", "sh", packed, folder.store])
    }

    /// Every row of every table and what every view shows, with nothing of the program in between.
    private func content() throws -> [String] {
        let queue = try DatabaseQueue(path: folder.store)
        return try queue.read { database in
            let names = try String.fetchAll(
                database,
                sql: """
                    SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'
                    AND name NOT LIKE 'grdb%' ORDER BY name
                    """)
            return try names.flatMap { name in
                try Row.fetchAll(database, sql: "SELECT * FROM \(name)").map { "\(name) \($0.description)" }.sorted()
            }
        }
    }

    private func pragma(_ name: String) throws -> Int? {
        let queue = try DatabaseQueue(path: folder.store)
        return try queue.read { try Int.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    @Test func aStoreOfSchema1IsBroughtUpToDateWithEveryRowAsItWas() throws {
        let before = try content()
        #expect(try pragma("user_version") == 1 && before.count > 300)
        let store = try TrajectoryDatabase.open(path: folder.store)
        #expect(try store.recordedSteps() == [24, 48, 72, 96, 120].map { TrainingStep($0) })
        #expect(try store.backtests(targets: [TrainingStep(120)]).count == 18)
        try store.verify()
        try store.close()
        #expect(try content() == before)
        #expect(try pragma("user_version") == SchemaVersions.newest)
    }

    @Test func anOlderStoreGoesOnWhereItWas() throws {
        let store = try TrajectoryDatabase.open(path: folder.store)
        let known = try #require(try store.run()?.identity)
        try store.claim(for: known, programVersion: "0.2.0", now: Planted.now)
        let seen = SeenCheckpoint(
            step: TrainingStep(144), directory: "/srv/checkpoint-144", layout: "huggingface", stamp: "{}", bytes: 1,
            seenAt: Planted.now)
        let checkpoint = try store.notePending(seen)
        try store.markRejected(checkpoint.id, reason: "a test")
        try store.verify()
        try store.close()
        let again = try TrajectoryDatabase.open(path: folder.store)
        #expect(try again.checkpointCounts() == [.recorded: 5, .rejected: 1])
        try again.close()
    }

    /// `alpharl report --store` beside nobody does not change a store.
    @Test func aReaderAsksForTheNewProgramToOpenItFirst() throws {
        let expected = StoreError.olderSchema(path: folder.store, got: 1, expected: SchemaVersions.newest)
        #expect(throws: expected) { try TrajectoryDatabase.openForReading(path: folder.store) }
        #expect(try pragma("user_version") == 1)
    }

    @Test func aMigrationThatFailsLeavesTheOldStore() throws {
        let queue = try DatabaseQueue(path: folder.store)
        // The name is taken: the migration cannot be made.
        try queue.write { try $0.execute(sql: "CREATE TABLE backtest_checkpoint (x)") }
        try queue.close()
        let before = try content()
        #expect(throws: StoreError.self) { try TrajectoryDatabase.open(path: folder.store) }
        #expect(try content() == before)
        #expect(try pragma("user_version") == 1)
    }

    @Test func backtestsOfOneCheckpointAreFoundWithoutReadingAllOfThem() throws {
        try TrajectoryDatabase.open(path: folder.store).close()
        // An explanation does not notice that the schema has changed since its connection was made: a new one.
        let store = try TrajectoryDatabase.open(path: folder.store)
        let steps = try store.reading("explain") { database in
            try Row.fetchAll(
                database,
                sql: """
                    EXPLAIN QUERY PLAN SELECT * FROM backtest_record WHERE checkpoint_id IN
                        (SELECT id FROM checkpoint WHERE step IN (SELECT value FROM json_each('[120]')))
                    ORDER BY target_step, origin_step, model
                    """
            ).map { row -> String in row["detail"] }
        }
        #expect(steps.contains { $0.contains("backtest_checkpoint") }, "\(steps)")
        #expect(!steps.contains("SCAN b"), "\(steps)")
        let all = try store.backtests()
        for step in try store.recordedSteps() {
            #expect(try store.backtests(targets: [step]) == all.filter { $0.target == step })
        }
        let outcomes = all.map(BacktestOutcome.init)
        #expect(try store.backtestOutcomes() == outcomes && !outcomes.isEmpty)
        let damped = outcomes.filter { $0.model == "damped" }
        #expect(try store.backtestOutcomes(of: "damped") == damped && !damped.isEmpty && damped.count < outcomes.count)
        try store.close()
    }
}

extension BacktestOutcome {
    fileprivate init(_ record: BacktestPairRecord) {
        self.init(
            model: record.model, origin: record.origin, target: record.target, ratio: record.backtest.ratio,
            skill: record.backtest.skill, realised: record.backtest.realised)
    }
}
