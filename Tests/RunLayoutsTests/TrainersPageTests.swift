import Foundation
import TestSupport
import Testing

@testable import RunLayouts

/// docs/trainers.md says what the code does.
struct TrainersPageTests {
    private let page: String

    init() throws { page = try String(contentsOfFile: ExampleRun.repository + "docs/trainers.md", encoding: .utf8) }

    /// The table of trainers, without its head.
    private var rows: [Substring] {
        page.split(separator: "\n").filter { row in
            row.hasPrefix("| `") && row.split(separator: "|").count == 8 && !row.hasPrefix("| `run.layout`")
        }
    }

    @Test func everyLayoutHasARowAndEveryRowALayout() {
        let named = Set(rows.compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) })
        #expect(named == Set(LayoutRegistry.names).subtracting(["auto"]))
    }

    @Test func everyRunThatARowNamesIsInTheArchive() throws {
        let runs = try TrainerRuns()
        for row in rows {
            let last = row.split(separator: "|").last ?? ""
            guard last.contains(": `") else { continue }
            let name = String(last.split(separator: "`").dropFirst().last { !$0.contains("|") && $0 != " " } ?? "")
            // Others name a test, which `everyTestThatThePageNamesExists` looks for.
            guard !name.contains(where: \.isUppercase) else { continue }
            #expect(FileManager.default.fileExists(atPath: runs.path(name)), "\(name)")
        }
    }

    /// Rows name what tests them; a test that was renamed or removed leaves no claim behind.
    @Test func everyTestThatThePageNamesExists() throws {
        let tests = ExampleRun.repository + "Tests/"
        let files = FileManager.default.enumerator(atPath: tests)?.compactMap { $0 as? String } ?? []
        let text = try files.filter { $0.hasSuffix(".swift") }.map {
            try String(contentsOfFile: tests + $0, encoding: .utf8)
        }.joined(separator: "\n")
        let functions = page.matches(of: /`([a-z]+[A-Z][A-Za-z]{15,})`/).map { String($0.output.1) }
        let suites = page.matches(of: /`([A-Z][A-Za-z]+Tests)`/).map { String($0.output.1) }
        #expect(functions.count > 20 && suites.count > 8)
        // `epochE...` is the name of a folder.
        let missing = Set(functions).filter { !text.contains("func \($0)(") && !$0.hasPrefix("epochE") }
        #expect(missing.isEmpty, "\(missing.sorted())")
        #expect(Set(suites).filter { !text.contains("struct \($0)") } == [])
    }

    /// Every row of every table of things that are read, or refused, names a test, a run or a suite.
    @Test func noRowIsWithoutATest() {
        for row in page.split(separator: "\n") where row.hasPrefix("| ") && !row.hasPrefix("| ---") {
            let cells = row.dropFirst(2).split(separator: " | ", omittingEmptySubsequences: false)
            guard cells.count == 8 || cells.count == 7 || cells.count == 4 else { continue }
            let isHead = cells.last?.contains("test") == true && cells.last?.contains("`") == false
            #expect(isHead || cells.last?.contains("`") == true, "\(row)")
        }
    }

    @Test func theNamesOfAccuraciesStandThereInTheirOrder() {
        var rest = page[...]
        for pattern in KnownMetrics.order {
            guard let place = rest.firstRange(of: "`\(pattern)`") else {
                Issue.record("\(pattern) is not on the page, or not in its place")
                return
            }
            rest = rest[place.upperBound...]
        }
    }
}
