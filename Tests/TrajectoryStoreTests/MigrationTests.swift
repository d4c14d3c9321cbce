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

    /// The tables and views, each with its columns.
    private func shape() throws -> [String: [String]] {
        try DatabaseQueue(path: folder.store).read { database in
            let names = try String.fetchAll(
                database,
                sql: """
                    SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'
                    AND name NOT LIKE 'grdb%'
                    """)
            return try names.reduce(into: [:]) { shape, name in
                shape[name] = try String.fetchAll(database, sql: "SELECT name FROM pragma_table_info('\(name)')")
            }
        }
    }

    /// Every row of these tables and what these views show, with nothing of the program in between.
    private func content(_ shape: [String: [String]]) throws -> [String] {
        try DatabaseQueue(path: folder.store).read { database in
            try shape.sorted { $0.key < $1.key }.flatMap { name, columns in
                let sql = "SELECT \(columns.joined(separator: ", ")) FROM \(name)"
                return try Row.fetchAll(database, sql: sql).map { "\(name) \($0.description)" }.sorted()
            }
        }
    }

    private func pragma(_ name: String) throws -> Int? {
        let queue = try DatabaseQueue(path: folder.store)
        return try queue.read { try Int.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    @Test func aStoreOfSchema1IsBroughtUpToDateWithEveryRowAsItWas() throws {
        let shape = try shape()
        let before = try content(shape)
        #expect(try pragma("user_version") == 1 && before.count > 300)
        let store = try TrajectoryDatabase.open(path: folder.store)
        #expect(try store.recordedSteps() == [24, 48, 72, 96, 120].map { TrainingStep($0) })
        #expect(try store.backtests(targets: [TrainingStep(120)]).count == 18)
        try store.verify()
        try store.close()
        #expect(try content(shape) == before)
        #expect(try pragma("user_version") == SchemaVersions.newest)
    }

    /// Its triplets, Gram rows and directions are read in their old form, and lie beside those of the next checkpoint.
    @Test func whatTheOldProgramWroteIsReadBesideWhatTheNewOneWrites() throws {
        let raw = try DatabaseQueue(path: folder.store).read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT c.step, m.name, m.rows, m.columns, t.left_vector, t.right_vector FROM triplet t
                    JOIN checkpoint c ON c.id = t.checkpoint_id JOIN module m ON m.id = t.module_id ORDER BY c.step, t.rank
                    """)
        }
        let module = Module(name: TensorName(raw[0]["name"]), rows: raw[0]["rows"], columns: raw[0]["columns"])
        let store = try TrajectoryDatabase.open(path: folder.store)
        let steps = try store.recordedSteps()
        let old = try store.factors(of: module.name, at: steps)
        #expect(old.flatMap(\.factor.triplets).map(\.left) == raw.compactMap { LittleEndian.floats($0["left_vector"]) })
        let right = raw.compactMap { LittleEndian.floats($0["right_vector"]) }
        #expect(old.flatMap(\.factor.triplets).map(\.right) == right)
        let rows = try store.gramRows(of: module.name, at: steps)
        #expect(rows.map(\.step) == steps && rows.map(\.entries.count) == Array(1...5))
        #expect(rows.allSatisfy { $0.entries.allSatisfy { entry in entry.parts.count == 1 } })
        let directions = try store.activeDirections(of: module.name)
        let numbers = try store.directionScalars(of: module.name, in: Array(directions.keys))
        #expect(!directions.isEmpty)
        for (registration, own) in directions {
            #expect(numbers[registration]?.map(\.coordinateAtOrigin) == own.map(\.coordinateAtOrigin))
        }

        let seen = SeenCheckpoint(
            step: TrainingStep(144), directory: "/srv/checkpoint-144", layout: "huggingface", stamp: "{}", bytes: 1,
            seenAt: Planted.now)
        let session = try store.beginRecording(try store.notePending(seen).id)
        let new = try store.stageRegistration(of: "tangent", isFromFactor: false, in: session)
        let recording = ModuleRecording(
            module: module, factor: Planted.factor(of: module, at: 144, rank: 3), contentHash: "c0ffee",
            gram: Planted.gram((steps + [session.step]).map(\.value)), directionCosine: nil, linearityR2: nil)
        try store.stage(recording, registering: [new: [Planted.direction(0, of: module)]], in: session)
        let retiring = try #require(directions.keys.min())
        try store.record(
            Planted.recording(retiring: [retiring], moduleCount: 1), finishing: session)
        try store.verify()
        try store.close()

        let again = try TrajectoryDatabase.open(path: folder.store)
        #expect(try again.factors(of: module.name, at: steps) == old)
        let newest = try again.factors(of: module.name, at: [session.step])
        #expect(newest.map(\.factor.triplets) == [recording.factor.triplets])
        // Nobody knows what the weights of the older ones were made of.
        #expect(old.allSatisfy { $0.contentHash == nil } && newest.map(\.contentHash) == ["c0ffee"])
        let added = try #require(recording.gram)
        #expect(try again.gramRows(of: module.name, at: steps + [session.step]) == rows + [added])
        var expected = directions
        expected[retiring] = nil
        expected[new] = [Planted.direction(0, of: module)]
        #expect(try again.activeDirections(of: module.name) == expected)
        #expect(try again.directionScalars(of: retiring).count == directions[retiring]?.count)
        try again.close()
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
        let before = try content(shape())
        #expect(throws: StoreError.self) { try TrajectoryDatabase.open(path: folder.store) }
        #expect(try content(shape()) == before)
        #expect(try pragma("user_version") == 1)
    }

    /// The last statement of schema 3 fails: nothing of it stays, and the store is whole with what schema 2 added.
    @Test func aMigrationThatFailsAtItsEndLeavesNothingOfItself() throws {
        let queue = try DatabaseQueue(path: folder.store)
        try queue.write { try $0.execute(sql: "DROP TRIGGER coordinates_length") }
        try queue.close()
        let before = try content(shape())
        #expect(throws: StoreError.self) { try TrajectoryDatabase.open(path: folder.store) }
        #expect(try content(shape()) == before)
        #expect(try pragma("user_version") == 2)
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
