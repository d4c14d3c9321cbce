import GRDB
import Testing
import Vocabulary

@testable import TrajectoryStore

struct ErrorTests {
    private static let all: [StoreError] = [
        .locked(path: "/s", operation: "record step 10", detail: "database is locked"),
        .inUse(path: "/s", processID: 12), .inUse(path: "/s", processID: nil),
        .damaged(path: "/s", operation: "open the store", detail: "page 7"),
        .full(path: "/s", operation: "record step 1"),
        .unwritable(path: "/s", operation: "open the store", detail: "read-only"),
        .inputOutput(path: "/s", operation: "open the store", detail: "disk I/O error"), .missing(path: "/s"),
        .foreignFile(path: "/s", detail: "got application id 0"), .newerSchema(path: "/s", got: 9, expected: 1),
        .olderSchema(path: "/s", got: 0, expected: 1), .otherBase(path: "/s", run: "r", got: "a", expected: "b"),
        .otherRun(path: "/s", got: "a", expected: "b"), .notFound(operation: "read", what: "step 3"),
        .wrongState(operation: "record it", step: TrainingStep(1), got: "gone", expected: "pending"),
        .notFinite(operation: "stage", what: "a vector"),
        .wrongShape(operation: "stage", what: "a vector", got: "1", expected: "2"),
        .incomplete(step: TrainingStep(1), got: 1, expected: 2), .refused(operation: "stage", detail: "CHECK"),
    ]

    @Test(arguments: all) func everyErrorIsOneLineWithAReasonAndARemedy(_ error: StoreError) {
        let text = error.description
        #expect(text.hasPrefix("cannot ") && !text.contains("\n"))
        let reason = text.split(separator: ": ", maxSplits: 1)
        #expect(reason.count == 2)
        #expect((reason.last?.split(separator: ";").last?.count ?? 0) > 10)
    }

    @Test func whatSQLiteSaysIsTranslatedByItsMeaning() {
        func translated(_ code: ResultCode) -> StoreError {
            StoreError(DatabaseError(resultCode: code, message: "m"), operation: "o", path: "/s")
        }
        #expect(translated(.SQLITE_BUSY) == .locked(path: "/s", operation: "o", detail: "m"))
        #expect(translated(.SQLITE_BUSY_SNAPSHOT) == .locked(path: "/s", operation: "o", detail: "m"))
        #expect(translated(.SQLITE_CORRUPT_INDEX) == .damaged(path: "/s", operation: "o", detail: "m"))
        #expect(translated(.SQLITE_NOTADB) == .foreignFile(path: "/s", detail: "m"))
        #expect(translated(.SQLITE_FULL) == .full(path: "/s", operation: "o"))
        #expect(translated(.SQLITE_READONLY_DIRECTORY) == .unwritable(path: "/s", operation: "o", detail: "m"))
        #expect(translated(.SQLITE_CANTOPEN) == .unwritable(path: "/s", operation: "o", detail: "m"))
        #expect(translated(.SQLITE_CONSTRAINT_TRIGGER) == .refused(operation: "o", detail: "m"))
        guard case .inputOutput(_, _, let detail) = translated(.SQLITE_IOERR_WRITE) else {
            Issue.record("a failed write is an input or output error")
            return
        }
        #expect(detail.contains("778") || detail.contains("IOERR"))
    }

    /// Content that only damage or another program can have written is reported with its column and never traps.
    @Test(arguments: [
        ("UPDATE triplet SET left_vector = x'00'", "left_vector"),
        ("UPDATE triplet SET right_vector = zeroblob(length(right_vector) + 4)", "right_vector"),
        ("UPDATE triplet SET left_vector = zeroblob(2 * length(left_vector))", "left_vector"),
        ("DELETE FROM triplet WHERE rank = 0", "left_vector"),
        ("DELETE FROM triplet WHERE rank = 1", "left_vector"),
        ("UPDATE gram SET parts = 3", "entries"),
        ("UPDATE gram SET parts = -1", "entries"),
        ("UPDATE gram SET parts = 4611686018427387904", "entries"),
        ("UPDATE gram SET parts = NULL", "entries"),
        ("UPDATE gram SET against = '[10, 20]'", "entries"),
        ("UPDATE gram SET against = '[\"a\"]'", "against"),
        ("UPDATE gram SET against = '[-5]'", "against"),
    ])
    func impossibleContentIsReportedAsDamage(_ statement: String, column: String) throws {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(10)
        try store.execute(statement)
        #expect {
            _ = try store.factors(of: Planted.query.name, at: [TrainingStep(10)])
            _ = try store.gramRows(of: Planted.query.name, at: [TrainingStep(10)])
        } throws: {
            guard case StoreError.damaged(_, _, let detail) = $0 else { return false }
            return detail.contains(column)
        }
    }

    @Test(arguments: [
        ("UPDATE direction_vectors SET left_vectors = x'00'", "left_vectors"),
        ("UPDATE direction_vectors SET left_vectors = x''", "left_vectors"),
        ("UPDATE direction_vectors SET right_vectors = zeroblob(length(right_vectors) + 1)", "right_vectors"),
        ("UPDATE direction_vectors SET right_vectors = zeroblob(length(right_vectors) / 2)", "right_vectors"),
        ("UPDATE registered_direction SET place = 1000000000000000000", "left_vectors"),
        ("DELETE FROM direction_vectors", "left_vectors"),
    ])
    func impossibleDirectionsAreReportedAsDamage(_ statement: String, column: String) throws {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(10, registering: "tangent")
        try store.execute(statement)
        #expect {
            _ = try store.activeDirections(of: Planted.query.name)
        } throws: {
            guard case StoreError.damaged(_, _, let detail) = $0 else { return false }
            return detail.contains(column)
        }
    }
}

struct LittleEndianTests {
    @Test func bytesAreThoseOfTheFormatAndEveryBitPatternSurvives() {
        #expect([UInt8](LittleEndian.data([Float(1), -2])) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])
        #expect([UInt8](LittleEndian.data([Double(1)])) == [0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
        var generator: UInt64 = 0x9E37_79B9_7F4A_7C15
        let patterns = (0..<1000).map { _ in
            generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return generator
        }
        let doubles = patterns.map { Double(bitPattern: $0) }
        #expect(LittleEndian.doubles(LittleEndian.data(doubles))?.map { $0.bitPattern } == patterns)
        let singles = patterns.map { UInt32(truncatingIfNeeded: $0 >> 32) }
        let floats = singles.map { Float(bitPattern: $0) }
        #expect(LittleEndian.floats(LittleEndian.data(floats))?.map { $0.bitPattern } == singles)
    }

    @Test func lengthsThatCannotBeAreRefusedAndEmptyIsEmpty() {
        let data = LittleEndian.data([Float(1), 2, 3])
        #expect(LittleEndian.floats(data.dropLast()) == nil && LittleEndian.doubles(data) == nil)
        #expect(LittleEndian.floats(data.dropFirst(4)) == [2, 3])
        #expect(LittleEndian.floats(LittleEndian.data([Float]())) == [])
    }
}
