import Files
import TestSupport
import Testing
import TrajectoryStore

@testable import Pipeline

/// What is told of the daemons before this one.
struct StartLedgerTests {
    private let place: TemporaryDirectory
    private let store: TrajectoryDatabase
    private let ledger: StartLedger

    init() throws {
        place = try TemporaryDirectory(inMemory: true)
        store = try TrajectoryDatabase.open(path: place.path("store.sqlite"))
        ledger = StartLedger(store: store)
    }

    private var note: EndNote { EndNote(storePath: store.path) }

    private func start() throws { try ledger.noteStart(endedByWatchdog: note.take()) }

    @Test func theWatchdogsEndsAreToldFromCrashes() throws {
        try start()
        try ledger.noteCleanEnd()
        try note.write("success")
        try start()
        // A crash.
        try note.write("signal")
        try start()
        try note.write("watchdog")
        #expect(try place.text(of: "store.sqlite.end") == "watchdog\n")
        try start()
        #expect(try ledger.starts == 4)
        #expect(try ledger.uncleanEnds == 2)
        #expect(try ledger.watchdogEnds == 1)
    }

    @Test func aNoteCountsOnce() throws {
        try note.write("watchdog")
        try note.write("watchdog")
        for _ in 0..<3 { try start() }
        #expect(try ledger.watchdogEnds == 1)
        #expect(try place.names().allSatisfy { !$0.hasSuffix(".end") })
    }

    /// Whatever somebody else left there says nothing; a link is not followed and stays.
    @Test func anythingElseInItsPlaceIsNoNote() throws {
        try place.write(String(repeating: "watchdog\n", count: 10_000), to: "store.sqlite.end")
        #expect(try !note.take())
        try place.write("watchdog\n", to: "elsewhere")
        try FileSystemCalls.system.makeSymbolicLink("elsewhere", place.path("store.sqlite.end"))
        #expect(try !note.take())
        #expect(try place.text(of: "elsewhere") == "watchdog\n")
    }
}
