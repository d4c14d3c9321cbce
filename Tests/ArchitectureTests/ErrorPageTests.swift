import Foundation
import Testing

/// docs/errors.md against the sources: every text that a person may read when something is wrong has its row, and no row
/// explains what is not said any more.
///
/// Errors and reasons begin with a small letter or with what varies; a sentence with a capital letter and a full stop is a
/// broken invariant or a help text. So what counts is told from the texts themselves.
@Suite struct ErrorPageTests {
    @Test func everyTextIsExplained() throws {
        let rows = Set(try Self.rows())
        for file in try SourceTree.swiftSources() where !Self.saysNoErrors(file.path) {
            for literal in CodeText.literals(in: file.text) where Self.isMessage(literal) {
                let isExplained = Self.beginnings(of: literal.template).contains(where: rows.contains)
                #expect(
                    isExplained,
                    "docs/errors.md does not explain Sources/\(file.path):\(literal.line): \(literal.template)")
            }
        }
    }

    @Test func everyRowIsSaid() throws {
        var said: Set<String> = []
        for file in try SourceTree.swiftSources() {
            for literal in CodeText.literals(in: file.text) { said.formUnion(Self.beginnings(of: literal.template)) }
        }
        let rows = try Self.rows()
        #expect(rows.count > 400)
        for row in rows {
            let isSaid = said.contains(row)
            #expect(isSaid, "no source says what docs/errors.md explains: \(row)")
        }
    }

    @Test func everyRowSaysWhatToDo() throws {
        for line in try Self.page().split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
                .filter { !$0.isEmpty }
            #expect(cells.count > 1 && cells[cells.count - 1].count >= 8, "\(line)")
        }
    }

    @Test(arguments: [
        (#"throw .x("cannot read \(path): \(words(of: "a")); " + "try again")"#, "cannot read …: …; try again"),
        (#"let text = "a \"quoted\" word""#, #"a "quoted" word"#),
        (#"// "a comment"#, nil),
    ]) func literalsAreFoundWhole(source: String, template: String?) {
        #expect(CodeText.literals(in: source).first?.template == template)
    }
}

extension ErrorPageTests {
    private static func page() throws -> String {
        try String(contentsOf: SourceTree.root.appending(path: "docs/errors.md"), encoding: .utf8)
    }

    /// The texts in the first cells of the page's tables, as templates.
    private static func rows() throws -> [String] {
        try page().split(separator: "\n").filter { $0.hasPrefix("| `") }.flatMap { line in
            line.dropFirst(2).prefix { $0 != "|" }.matches(of: /`((?:[^`])+)`/).map {
                String($0.1).replacing(/<[^<>]+>/, with: "…").replacing(/…+/, with: "…")
            }
        }
    }

    /// What a row may quote of a text: all of it, or less by what follows a semicolon, a colon, a comma or a parenthesis.
    private static func beginnings(of template: String) -> Set<String> {
        var found: Set<String> = [template]
        for index in template.indices {
            let rest = template[index...]
            if [";", ":", ",", " ("].contains(where: rest.hasPrefix) { found.insert(String(template[..<index])) }
        }
        return found
    }

    private static func isMessage(_ literal: Literal) -> Bool {
        guard literal.wordCount >= 4, let first = literal.template.first, !literal.template.hasSuffix(".") else {
            return false
        }
        return (first.isLowercase || first == "…" || first == "\"") && !parts.contains(literal.template)
            && !literal.before.contains(/(expected: |operation: |shape = |case \w+ = |#error\()$/)
    }

    /// Words that only stand inside other texts, as what was got.
    private static let parts: Set<String> = [
        "the end of the file", "the end of the line", "type or number of axes", "config.json and weights in …",
        "… bytes, modified at … ns, inode …", "a whole number of at least …", "a whole number in …...…",
    ]

    /// What these say is no error.
    private static func saysNoErrors(_ path: String) -> Bool {
        [
            "Dashboard/",  // what the page shows
            "LogEvents/",  // the kinds, which docs/operations.md explains
            // SQL, and words that follow "cannot"
            "TrajectoryStore/Trajectory", "TrajectoryStore/Staged", "TrajectoryStore/Migrations/",
            "alpharl/Terminal/", "alpharl/Watching/WatchScreen", "alpharl/Watching/EventText",  // screens
            "StatusAPI/Documents/MetricFamilies", "StatusServer/ServerCounters",  // names of metrics
            "Pipeline/Answering/MetricsAssembly", "Pipeline/TensorBoard/TensorBoardView",
            "Forecasting/Confidence/ConfidenceParts", "Pipeline/Judging/SignParts",  // names of figures
            "Forecasting/Models/",  // what each model does
            "ConfigurationFile/SettingList", "ConfigurationFile/ConfigurationValue",  // what a key accepts
        ].contains(where: path.hasPrefix)
    }
}
