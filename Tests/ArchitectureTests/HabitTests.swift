import Foundation
import Testing

/// Words that must not be in the sources, and where `unsafe` may be.
@Suite struct HabitTests {
    @Test func unsafeCodeStaysInItsTargets() throws {
        for file in try SourceTree.swiftSources()
        where !Rules.unsafeTargets.contains(file.target) && !Rules.unsafeFiles.contains(file.path) {
            for word in CodeText(file.text).words where word.text == "unsafe" {
                Issue.record("Sources/\(file.path):\(word.line) is unsafe outside \(Rules.unsafeTargets.sorted())")
            }
        }
    }

    @Test(arguments: ["try!", "as!", "fatalError(", "preconditionFailure()"])
    func codeHasNo(_ pattern: String) throws {
        for file in try SourceTree.swiftSources() {
            let lines = CodeText(file.text).lines(with: pattern)
            #expect(lines.isEmpty, "Sources/\(file.path) lines \(lines): \(pattern)")
        }
    }

    @Test func onlyTheCommandLinePrints() throws {
        for file in try SourceTree.swiftSources() where file.target != "alpharl" {
            for word in CodeText(file.text).words where word.text == "print" || word.text == "debugPrint" {
                Issue.record("Sources/\(file.path):\(word.line) prints: log, or hand the text to the command line")
            }
        }
    }

    /// docs/operations.md and the journal's catalog explain each kind: nothing may be said that is of none.
    @Test func everyEntryOfTheLogIsOfAKind() throws {
        let direct = /\b(log|logger|Logger\([^)]*\))\.(trace|debug|info|notice|warning|error|critical)\(/
        for file in try SourceTree.swiftSources() where file.target != "LogEvents" {
            for match in file.text.matches(of: direct) {
                Issue.record("Sources/\(file.path): \(match.0)...) has no LogKind; use tell(_:)")
            }
        }
    }

    @Test(arguments: ["TODO", "FIXME", "XXX", "HACK"])
    func nothingIsLeftForLater(_ word: String) throws {
        for file in try SourceTree.files(below: "Sources") where file.text.contains(word) {
            Issue.record("Sources/\(file.path) says \(word): do it or file an issue")
        }
    }

    @Test func uncheckedSendableCarriesItsReason() throws {
        for file in try SourceTree.swiftSources() {
            let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
            for number in CodeText(file.text).lines(with: "@unchecked Sendable") {
                let above = number > 1 ? lines[number - 2].trimmingCharacters(in: .whitespaces) : ""
                #expect(above.hasPrefix("//"), "Sources/\(file.path):\(number): say why on the line above")
            }
        }
    }
}
