import Foundation
import Glibc
import Logging
import Testing

@testable import SystemdIntegration

@Suite struct JournalTests {
    private func value(_ name: String, of entry: JournalEntry?) -> String? {
        entry?.fields.first { $0.name == name }?.value
    }

    @Test func entriesHaveFields() {
        let recorder = Recorder()
        var logger = recorder.logger(journal: 0)
        logger[metadataKey: "run"] = "math"
        logger.warning(
            "checkpoint rejected",
            metadata: ["step": "120", "Datei-Größe": "7", "message_id": "9f86d081884c7d659a2feaa0c55ad015"])
        #expect(recorder.journal.count == 1)
        let entry = recorder.journal.first
        #expect(value("MESSAGE", of: entry) == "checkpoint rejected (Datei-Größe=7, step=120)")
        #expect(value("PRIORITY", of: entry) == "4")
        #expect(value("SYSLOG_IDENTIFIER", of: entry) == "alpharl")
        #expect(value("MESSAGE_ID", of: entry) == "9f86d081884c7d659a2feaa0c55ad015")
        #expect(value("STEP", of: entry) == "120")
        #expect(value("RUN", of: entry) == "math")
        #expect(value("ALPHARL_DATEI_GR_SSE", of: entry) == "7")
        #expect(value("CODE_LINE", of: entry).flatMap { Int($0) } != nil)
        let names = entry?.fields.map(\.name) ?? []
        #expect(names.allSatisfy { $0.wholeMatch(of: #/[A-Z][A-Z0-9_]{0,63}/#) != nil }, "\(names)")
        #expect(recorder.lines.isEmpty)
    }

    @Test func valuesMayHaveLineBreaksInTheJournal() {
        let recorder = Recorder()
        recorder.logger(journal: 0).info("two\nlines")
        #expect(value("MESSAGE", of: recorder.journal.first) == "two\nlines")
    }

    @Test func prioritiesAreThoseOfSyslog() {
        let numbers = Logger.Level.allCases.map(JournalEntry.priority)
        #expect(numbers == [7, 7, 6, 5, 4, 3, 2])
    }

    @Test func whatTheJournalRefusesGoesToStandardError() {
        let recorder = Recorder()
        recorder.logger(journal: ENOENT).error("disk is full")
        #expect(recorder.lines.count == 1)
        #expect(recorder.lines.first?.hasSuffix(" error disk is full") == true)
    }

    @Test func lineHasTimeLevelTextAndPairs() throws {
        let recorder = Recorder()
        recorder.logger.notice("recorded", metadata: ["step": "120", "message_id": "00"])
        let line = try #require(recorder.lines.first)
        #expect(line.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z notice recorded \(step=120\)/#) != nil)
    }

    @Test func nobodyForgesALine() {
        let recorder = Recorder()
        recorder.logger.info("path is \"a\n2026-11-22T10:00:00.000Z error all is lost\u{1B}[2J\u{2028}x\"")
        #expect(recorder.lines.count == 1)
        #expect(
            recorder.lines.first?.hasSuffix(
                #"info path is "a\n2026-11-22T10:00:00.000Z error all is lost\u{1B}[2J\u{2028}x""#) == true,
            "\(recorder.lines)")
    }

    @Test func levelChangesWhileLoggersAreInUse() {
        let recorder = Recorder()
        let control = LogLevelControl(.info)
        let logger = recorder.logger(journal: nil, control: control)
        var own = logger
        own.logLevel = .critical
        logger.debug("not yet")
        control.level = .debug
        logger.debug("now")
        own.error("its own level counts")
        control.level = .error
        logger.info("no more")
        #expect(recorder.lines.count == 1)
        #expect(recorder.lines.first?.hasSuffix(" debug now") == true)
    }

    @Test func journalIsRecognisedByDeviceAndInode() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        var status = stat()
        try #require(fstat(ends[1], &status) == 0)
        func isJournal(_ text: String?) -> Bool {
            JournalStream.isJournal(
                descriptor: ends[1], environment: text.map { ["JOURNAL_STREAM": $0] } ?? [:])
        }
        #expect(isJournal("\(status.st_dev):\(status.st_ino)"))
        for other in ["\(status.st_dev):\(status.st_ino + 1)", "\(status.st_dev)", "", ":", "a:b", "1:2:3"] {
            #expect(!isJournal(other))
        }
        #expect(!isJournal(nil))
        #expect(!JournalStream.isJournal(descriptor: 901, environment: ["JOURNAL_STREAM": "0:0"]))
    }
}
