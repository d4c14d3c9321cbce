import Foundation
import LogEvents
import Logging
import Testing

@testable import SystemdIntegration

@Suite struct LogKindTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func identifiersAreOnesOwnAndWellFormed() {
        let identifiers = LogKind.allCases.map(\.messageID)
        #expect(Set(identifiers).count == LogKind.allCases.count)
        for identifier in identifiers { #expect(identifier.wholeMatch(of: #/[0-9a-f]{32}/#) != nil, "\(identifier)") }
        #expect(LogKind.allCases.allSatisfy { !$0.sentence.isEmpty })
    }

    @Test func anEventHasItsKindsIdentifierLevelAndPlace() throws {
        let recorder = Recorder()
        var logger = recorder.logger(journal: 0)
        logger[metadataKey: "run"] = "math"
        logger.tell(.checkpointRejected, nil, ["step": "120", "reason": "a shard is missing"])
        let fields = try #require(recorder.journal.first).fields
        let value = { (name: String) in fields.first { $0.name == name }?.value }
        #expect(value("MESSAGE_ID") == LogKind.checkpointRejected.messageID)
        #expect(value("MESSAGE") == "checkpoint rejected (reason=a shard is missing, step=120)")
        #expect(value("PRIORITY") == "4" && value("RUN") == "math" && value("STEP") == "120")
        #expect(value("CODE_FILE")?.hasSuffix("LogKindTests.swift") == true)
    }

    /// One entry of a journal's catalog.
    private struct Entry {
        let subject: String
        let text: String
    }

    private func catalog() throws -> [String: Entry] {
        let text = try String(
            contentsOf: Self.root.appending(path: "deploy/systemd/alpharl.catalog"), encoding: .utf8)
        var entries: [String: Entry] = [:]
        for piece in text.split(separator: "\n-- ").dropFirst() {
            let parts = piece.split(separator: "\n\n", maxSplits: 1)
            let head = parts[0].split(separator: "\n")
            let subject = head.first { $0.hasPrefix("Subject: ") }?.dropFirst("Subject: ".count) ?? ""
            let body = parts.count > 1 ? parts[1] : ""
            entries[String(head[0])] = Entry(
                subject: String(subject),
                text: body.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: " "))
        }
        return entries
    }

    /// What journalctl --catalog shows and what docs/operations.md says are the same words.
    @Test(arguments: LogKind.allCases) func everyKindIsExplained(kind: LogKind) throws {
        let entry = try #require(try catalog()[kind.messageID], "the catalog has no \(kind.rawValue)")
        #expect(entry.subject.count > 5 && entry.text.count > 40, "\(entry)")
        let page = try String(contentsOf: Self.root.appending(path: "docs/operations.md"), encoding: .utf8)
        let row = try #require(
            page.split(separator: "\n").first { $0.contains("`\(kind.messageID)`") },
            "docs/operations.md has no \(kind.rawValue)")
        let level = kind.level == .notice ? "notice" : kind.level.rawValue
        #expect(row.hasPrefix("| \(entry.subject) | \(level) | \(entry.text) |"), "\(row)")
    }

    @Test func theCatalogExplainsNothingElse() throws {
        #expect(try Set(catalog().keys) == Set(LogKind.allCases.map(\.messageID)))
    }
}
