import Files
import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import RunLayouts

@Suite struct MetricsFileTests {
    private let folder: TemporaryDirectory
    private let path: String

    init() throws {
        folder = try TemporaryDirectory()
        path = folder.path("metrics.jsonl")
    }

    private func append(_ text: String) throws {
        if !FileManager.default.fileExists(atPath: path) { try folder.write("", to: "metrics.jsonl") }
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    private func row(_ step: Int, _ values: [String: Double]) -> LogRow {
        LogRow(step: TrainingStep(step), values: values)
    }

    @Test func eachLookGivesWhatWasAdded() throws {
        var file = MetricsFile(path: path)
        try append("{\"step\": 10, \"accuracy\": 0.1}\n{\"step\": 20, \"accuracy\": 0.2}\n")
        #expect(try file.readNew() == [row(10, ["accuracy": 0.1]), row(20, ["accuracy": 0.2])])
        #expect(try file.readNew().isEmpty)
        try append("{\"step\": 30, \"accuracy\": 0.3, \"loss\": 1}\n")
        #expect(try file.readNew() == [row(30, ["accuracy": 0.3, "loss": 1])])
    }

    @Test func aLineThatIsBeingWrittenWaits() throws {
        var file = MetricsFile(path: path)
        try append("{\"step\": 10, \"accuracy\": 0.1}\n{\"step\": 20, \"accu")
        #expect(try file.readNew().map(\.step.value) == [10])
        #expect(try file.readNew().isEmpty)
        try append("racy\": 0.2}")
        #expect(try file.readNew().isEmpty)
        try append("\n")
        #expect(try file.readNew() == [row(20, ["accuracy": 0.2])])
        #expect(file.skippedLines == 0)
    }

    @Test func whatCannotBeUsedIsCountedAndPassedOver() throws {
        var file = MetricsFile(path: path)
        try append(
            """
            starting
            {"accuracy": 0.1}
            {"step": 10, "accuracy": 0.1, "note": "x", "list": [1], "nested": {"accuracy": 9}, "loss": NaN}
            {"step": -1, "accuracy": 0.1}
            {"step": 1.5, "accuracy": 0.1}
            [1, 2]

            {"step": 20, "accuracy": 0.2} trailing
            {"step": 30, "accuracy": Infinity}
            {"global_step": 40.0, "accuracy": 0.4}

            """)
        let rows = try file.readNew()
        #expect(rows == [row(10, ["accuracy": 0.1]), row(30, [:]), row(40, ["accuracy": 0.4])])
        #expect(file.skippedLines == 6)
    }

    @Test func windowsLineEndsAndOtherBytesDoNoHarm() throws {
        var file = MetricsFile(path: path)
        try folder.write(Array("{\"step\": 10, \"a\": 1}\r\n".utf8) + [0xFF, 0xFE, 0, 10], to: "metrics.jsonl")
        #expect(try file.readNew() == [row(10, ["a": 1])])
        #expect(file.skippedLines == 1)
    }

    @Test func aReplacedOrShortenedFileIsReadFromItsBeginning() throws {
        var file = MetricsFile(path: path)
        try append("{\"step\": 10, \"a\": 1}\n{\"step\": 20, \"a\": 2}\n")
        #expect(try file.readNew().count == 2)
        try FileManager.default.removeItem(atPath: path)
        try append("{\"step\": 10, \"a\": 3}\n{\"step\": 20, \"a\": 4}\n{\"step\": 30, \"a\": 5}\n")
        #expect(try file.readNew().map { $0.values["a"] } == [3, 4, 5])
        try FileHandle(forWritingTo: URL(filePath: path)).truncate(atOffset: 0)
        try append("{\"step\": 1, \"a\": 9}\n")
        #expect(try file.readNew() == [row(1, ["a": 9])])
    }

    @Test func aFileThatIsNotThereYetIsSaidToBe() throws {
        var file = MetricsFile(path: path)
        do {
            _ = try file.readNew()
            Issue.record("there is nothing to read")
        } catch { #expect(error.isVanished) }
        try append("{\"step\": 10, \"a\": 1}\n")
        #expect(try file.readNew().count == 1)
    }

    @Test func aLineOfAnyLengthIsReadInBoundedPieces() throws {
        var file = MetricsFile(path: path)
        let long = String(repeating: "x", count: 2 * MetricsFile.longestLine + 17)
        try append(
            "{\"step\": 10, \"a\": 1}\n{\"step\": 20, \"text\": \"\(long)\", \"a\": 2}\n{\"step\": 30, \"a\": 3}\n")
        #expect(try file.readNew().map(\.step.value) == [10, 30])
        #expect(file.skippedLines == 1)
    }

    @Test func manyLinesComeInTheirOrder() throws {
        var file = MetricsFile(path: path)
        try append((1...60_000).map { "{\"step\": \($0), \"accuracy\": 0.5}\n" }.joined())
        #expect(try file.readNew().map(\.step.value) == Array(1...60_000))
    }
}
