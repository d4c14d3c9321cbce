import Foundation
import TensorBoardEvents
import Testing

@testable import Pipeline

/// The course of event files against what is wanted of them, without a store.
@Suite struct TensorBoardCourseTests {
    private func point(_ step: Int64, _ value: Float, tag: String = "alpharl/confidence") -> TensorBoardEntry {
        TensorBoardEntry(tag: tag, step: step, wallTime: Double(step), content: .scalar(value))
    }

    private func file(_ records: [SummaryEvent]) -> [UInt8] {
        ([SummaryEvent.fileVersion(wallTime: 1)] + records).flatMap(\.record)
    }

    private func written(_ wanted: Set<TensorBoardEntry>) -> [UInt8] {
        file(TensorBoardCourse().records(toBecome: wanted, now: 9))
    }

    @Test func whatIsThereIsNotWrittenAgain() {
        let first: Set = [point(24, 0), point(48, 0.25), point(48, 3, tag: "alpharl/recording_seconds")]
        let course = TensorBoardCourse(reading: [written(first)])
        #expect(course.entries == first)
        #expect(course.records(toBecome: first, now: 9).isEmpty)
        let more = course.records(toBecome: first.union([point(72, 0.5)]), now: 9)
        #expect(more.map(\.step) == [72])
    }

    @Test func valuesOfAStepAreOneRecordInTheOrderOfTheirTags() throws {
        let records = TensorBoardCourse().records(
            toBecome: [point(24, 1, tag: "b"), point(24, 2, tag: "a"), point(12, 3, tag: "c")], now: 9)
        #expect(records.map(\.step) == [12, 24])
        guard case .values(let values) = records[1].content else { Issue.record("no values"); return }
        #expect(values.map(\.tag) == ["a", "b"])
    }

    /// A rewind to step 48: what was said of it and later no longer counts, and what is before it is not repeated.
    @Test func rewoundCourseIsTakenUpAgainWhereItDiffers() {
        let before: Set = [point(24, 0.1), point(48, 0.2), point(72, 0.3)]
        let after: Set = [point(24, 0.1), point(48, 0.9)]
        let files = [written(before)]
        let records = TensorBoardCourse(reading: files).records(toBecome: after, now: 9)
        #expect(records.map(\.step) == [48, 48] && records[0].content == .sessionStart)
        #expect(TensorBoardCourse(reading: files + [file(records)]).entries == after)
    }

    /// A killed process leaves half a record, a bad disk a wrong byte: what is behind is written again, no more.
    @Test func whatIsBehindDamageIsWrittenAgain() throws {
        let all: Set = [point(24, 0.1), point(48, 0.2), point(72, 0.3)]
        let whole = written(all)
        let last = try #require(TensorBoardCourse().records(toBecome: [point(72, 0.3)], now: 9).first?.record.count)
        for cut in 1...last {
            let course = TensorBoardCourse(reading: [Array(whole.dropLast(cut))])
            #expect(course.records(toBecome: all, now: 9).map(\.step) == [72], "\(cut) bytes are missing")
        }
        for index in whole.indices.suffix(2 * last) {
            var damaged = whole
            damaged[index] ^= 0x10
            let again = TensorBoardCourse(reading: [damaged]).records(toBecome: all, now: 9)
            let completed = TensorBoardCourse(reading: [damaged, file(again)])
            #expect(completed.entries == all, "byte \(index)")
        }
    }

    @Test func correctedTextReplacesTheOldOne() {
        func text(_ words: String) -> TensorBoardEntry {
            TensorBoardEntry(tag: "t", step: 24, wallTime: 1, content: .text(words))
        }
        let files = [written([text("old"), point(48, 1)])]
        let records = TensorBoardCourse(reading: files).records(toBecome: [text("new"), point(48, 1)], now: 9)
        #expect(TensorBoardCourse(reading: files + [file(records)]).entries == [text("new"), point(48, 1)])
    }
}
