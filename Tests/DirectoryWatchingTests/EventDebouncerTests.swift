import DirectoryWatching
import Testing

/// One line of a scenario: at this moment (milliseconds) these names change, or the clock is read.
private enum Moment {
    case change(Int, [String])
    case look(Int, finds: Set<String>)
}

struct EventDebouncerTests {
    /// Quiet 100 ms, at most 500 ms.
    private func play(_ scenario: [Moment]) {
        var debouncer = EventDebouncer(quiet: .milliseconds(100), longestDelay: .milliseconds(500))
        for moment in scenario {
            switch moment {
            case .change(let at, let names): debouncer.note(names, at: .milliseconds(at))
            case .look(let at, let names): #expect(debouncer.take(at: .milliseconds(at)) == names, "at \(at) ms")
            }
        }
    }

    @Test func aSingleChangeIsHandedOutOnceItHasRested() {
        play([
            .change(0, ["a"]), .look(0, finds: []), .look(99, finds: []), .look(100, finds: ["a"]),
            .look(1000, finds: []),
        ])
    }

    @Test func aSaveOfManyFilesIsOneChange() {
        play([
            .change(0, ["checkpoint-10"]), .change(80, ["checkpoint-10"]), .look(100, finds: []),
            .change(160, ["checkpoint-10", "runs"]), .look(259, finds: []),
            .look(260, finds: ["checkpoint-10", "runs"]),
        ])
    }

    @Test func aRunThatNeverRestsIsNotLeftWaiting() {
        var scenario: [Moment] = []
        for at in stride(from: 0, to: 500, by: 50) { scenario += [.change(at, ["a"]), .look(at, finds: [])] }
        play(scenario + [.look(499, finds: []), .look(500, finds: ["a"])])
    }

    @Test func theLongestDelayStartsAnewAfterEachHandingOut() {
        play([
            .change(0, ["a"]), .change(450, ["b"]), .look(500, finds: ["a", "b"]), .change(510, ["c"]),
            .look(600, finds: []),
            .look(610, finds: ["c"]),
        ])
    }

    @Test func nothingIsDueWhereNothingChanged() {
        var debouncer = EventDebouncer(quiet: .zero, longestDelay: .zero)
        #expect(debouncer.dueAt == nil)
        debouncer.note([], at: .zero)
        #expect(debouncer.dueAt == nil)
        debouncer.note(["a"], at: .seconds(7))
        #expect(debouncer.dueAt == .seconds(7))
        #expect(debouncer.takeAll() == ["a"])
        #expect(debouncer.dueAt == nil)
    }
}

struct PeriodicRescanTests {
    @Test func itComesSoonerWhereEventsDoNotReach() {
        var rescan = PeriodicRescan(
            interval: .seconds(60), intervalWithoutEvents: .seconds(10), quiet: .seconds(1), now: .zero)
        #expect(rescan.dueAt(eventsAreComplete: true) == .seconds(60))
        #expect(rescan.dueAt(eventsAreComplete: false) == .seconds(10))
        rescan.done(at: .seconds(12))
        #expect(rescan.dueAt(eventsAreComplete: true) == .seconds(72))
        #expect(rescan.dueAt(eventsAreComplete: false) == .seconds(22))
    }

    @Test func anEventThatOnlyARescanCanTellMovesItForwardOnce() {
        var rescan = PeriodicRescan(
            interval: .seconds(60), intervalWithoutEvents: .seconds(10), quiet: .seconds(1), now: .zero)
        rescan.hurry(at: .seconds(5))
        rescan.hurry(at: .milliseconds(5_900))
        #expect(rescan.dueAt(eventsAreComplete: true) == .seconds(6))
        rescan.done(at: .seconds(6))
        #expect(rescan.dueAt(eventsAreComplete: true) == .seconds(66))
        rescan.hurry(at: .milliseconds(65_900))
        #expect(rescan.dueAt(eventsAreComplete: true) == .seconds(66))
    }
}
