import Files
import Testing

@testable import RunLayouts

struct SettleRuleTests {
    private let rule = SettleRule(quiet: 10, longQuiet: 120, longAgo: 900)

    private func stamp(_ size: Int64 = 1, writtenAt time: Int64 = 1000) -> CheckpointStamp {
        CheckpointStamp(files: [
            "m": FileIdentity(size: size, modificationTimeNanoseconds: time, inode: 1, device: 1),
            "older": FileIdentity(size: 1, modificationTimeNanoseconds: 5, inode: 2, device: 1),
        ])
    }

    /// Looks at these times at these stamps; the last decision.
    private func decide(
        _ ending: CheckpointEnding, _ looks: [(at: Int64, stamp: CheckpointStamp)]
    ) -> SettleRule.Decision? {
        var sighting: SettleRule.Sighting?
        var decision: SettleRule.Decision?
        for look in looks {
            let result = rule.decide(previous: sighting, current: look.stamp, ending: ending, now: look.at)
            sighting = result.sighting
            decision = result.decision
        }
        return decision
    }

    @Test func theTrainersOwnMarkerIsEnough() {
        #expect(decide(.marked, [(1000, stamp())]) == .settled)
    }

    @Test func withoutAMarkerTwoLooksMustAgree() {
        #expect(decide(.unmarked, [(1000, stamp())]) == .waiting(until: 1010))
        #expect(decide(.unmarked, [(1000, stamp()), (1009, stamp())]) == .waiting(until: 1010))
        #expect(decide(.unmarked, [(1000, stamp()), (1009, stamp()), (1010, stamp())]) == .settled)
    }

    @Test func aChangeStartsTheWaitAnew() {
        #expect(decide(.unmarked, [(1000, stamp(1)), (1010, stamp(2))]) == .waiting(until: 1020))
        #expect(decide(.unmarked, [(1000, stamp(1)), (1010, stamp(2)), (1020, stamp(2))]) == .settled)
    }

    @Test func aMarkerThatProvesNothingWaitsLonger() {
        let ending = CheckpointEnding.doubtful(reason: "older than the weights")
        #expect(decide(ending, [(1000, stamp()), (1119, stamp())]) == .waiting(until: 1120))
        #expect(decide(ending, [(1000, stamp()), (1120, stamp())]) == .settled)
    }

    @Test func whatWasFinishedLongAgoNeedsNoSecondLook() {
        #expect(decide(.unmarked, [(1899, stamp(writtenAt: 1000))]) == .waiting(until: 1909))
        #expect(decide(.unmarked, [(1900, stamp(writtenAt: 1000))]) == .settled)
        #expect(decide(.doubtful(reason: ""), [(1900, stamp(writtenAt: 1000))]) == .settled)
    }

    @Test func filesFromTheFutureAreNotOld() {
        #expect(decide(.unmarked, [(1000, stamp(writtenAt: 5000))]) == .waiting(until: 1010))
        #expect(decide(.unmarked, [(1000, stamp(writtenAt: .max))]) == .waiting(until: 1010))
    }

    @Test func aClockThatWasSetBackStartsTheWaitAnew() {
        #expect(decide(.unmarked, [(1000, stamp()), (500, stamp())]) == .waiting(until: 510))
    }
}
