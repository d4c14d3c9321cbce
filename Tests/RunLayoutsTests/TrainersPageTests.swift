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
            #expect(FileManager.default.fileExists(atPath: runs.path(name)), "\(name)")
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
