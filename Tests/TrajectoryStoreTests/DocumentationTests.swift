import Foundation
import GRDB
import Testing
import Vocabulary

@testable import TrajectoryStore

/// docs/store.md says what the schema is: this fails when one of them changes alone.
struct DocumentationTests {
    private let page: String

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        page = try String(contentsOf: root.appendingPathComponent("docs/store.md"), encoding: .utf8)
    }

    /// A store in which every question of the page has an answer.
    private func answeringStore() throws -> TrajectoryDatabase {
        let store = try TrajectoryDatabase.planted()
        let registration = try #require(try store.recordWhole(10, registering: "tangent"))
        let coordinates = CoordinatesRecord(registration: registration, values: [1, 2, 3], isFromFactor: false)
        try store.recordWhole(
            20, Planted.recording(coordinates: [coordinates], backtests: [Planted.backtest(registration)]))
        let checkpoint = try #require(try store.activeCheckpoint(at: TrainingStep(20))).id
        let decision = DecisionRecord(
            isEmission: true, reason: "due", targetStep: TrainingStep(40), decidedAt: Planted.now)
        try store.decide(decision, at: checkpoint, planning: [Planted.plan(checkpoint)])
        let prediction = try #require(try store.predictions(in: .planned).first)
        try store.markPublished(prediction.id, manifest: "{}", emittedAt: Planted.now, hookIsDue: true)
        return store
    }

    @Test func everyQueryOfThePageRunsAndHasAnswers() throws {
        let store = try answeringStore()
        let blocks = page.components(separatedBy: "```sql\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        #expect(blocks.count >= 9)
        for block in blocks {
            let rows = try store.reading("answer a question of the page") { try Row.fetchAll($0, sql: block) }
            #expect(!rows.isEmpty, "no answer to \(block)")
        }
    }

    @Test func everyTableAndColumnIsExplainedAndNoOther() throws {
        let store = try answeringStore()
        var sections: [String: String] = [:]
        for section in page.components(separatedBy: "\n### `").dropFirst() {
            let parts = section.components(separatedBy: "`\n")
            sections[parts[0]] = section.components(separatedBy: "\n## ")[0]
        }
        let schema = try store.reading("read the schema") { database in
            let names = try String.fetchAll(
                database,
                sql: """
                    SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')
                    AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'grdb%'
                    """)
            return try names.map { name in
                (name, try String.fetchAll(database, sql: "SELECT name FROM pragma_table_info(?)", arguments: [name]))
            }
        }
        #expect(Set(schema.map(\.0)) == Set(sections.keys))
        for (name, columns) in schema {
            for column in columns {
                #expect(sections[name]?.contains("`\(column)`") == true, "\(name).\(column) is not explained")
            }
        }
    }

    @Test func theNumbersOfThePageAreThoseOfTheSchema() {
        #expect(page.contains("application_id` is \(SchemaVersions.applicationID) "))
        #expect(page.contains("the version of the schema (\(SchemaVersions.newest))"))
        #expect(page.contains("newest 10,000") && TrajectoryDatabase.eventCapacity == 10_000)
    }
}
