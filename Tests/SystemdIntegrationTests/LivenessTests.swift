import Foundation
import Glibc
import Synchronization
import Testing

@testable import SystemdIntegration

@Suite struct LivenessTests {
    private let start = ContinuousClock.now

    private func heart(_ seconds: Int, isIdleClass: Bool = false) -> Heartbeat {
        Heartbeat("the run's loop", patience: .seconds(seconds), isIdleClass: isIdleClass, start: start)
    }

    private func after(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test func silenceBeyondTheDeadlineIsNamedWithItsLength() {
        let heart = heart(10)
        let check = LivenessCheck([heart], starvation: StarvationMeter { [] })
        #expect(check.problem(now: after(10)) == nil)
        #expect(check.problem(now: after(11)) == "the run's loop has not moved for 11 s")
        heart.beat(now: after(12))
        #expect(check.problem(now: after(22)) == nil)
        #expect(check.problem(now: after(23)) == "the run's loop has not moved for 11 s")
    }

    @Test func oneSilentServiceIsEnoughWhateverTheOthersDo() {
        let (live, dead) = (heart(10), Heartbeat("the socket's server", patience: .seconds(5), start: start))
        let check = LivenessCheck([live, dead], starvation: StarvationMeter { [] })
        live.beat(now: after(6))
        #expect(check.problem(now: after(6)) == "the socket's server has not moved for 6 s")
    }

    @Test func anAnnouncedWaitIsAllowedAndTheNextSignEndsIt() {
        let heart = heart(10)
        let check = LivenessCheck([heart], starvation: StarvationMeter { [] })
        heart.beat(expectedWithin: .seconds(3600), now: after(0))
        #expect(check.problem(now: after(3610)) == nil)
        #expect(check.problem(now: after(3611)) != nil)
        heart.beat(now: after(3611))
        #expect(check.problem(now: after(3622)) != nil)
    }

    @Test func theLongestTimeLimitDoesNotOverflow() {
        let heart = heart(10)
        heart.beat(expectedWithin: .seconds(Int64.max / 2), now: after(0))
        #expect(LivenessCheck([heart], starvation: StarvationMeter { [] }).problem(now: after(1 << 30)) == nil)
    }

    /// A thread of the idle class that is ready and gets `share` of a processor, second by second.
    private func problem(share: Double, isReady: Bool, isIdleClass: Bool, seconds: Int) -> String? {
        let time = Mutex(Duration.zero)
        let meter = StarvationMeter {
            time.withLock {
                [ThreadFacts(identifier: 7, isReady: isReady, isIdleClass: isIdleClass, processorTime: $0)]
            }
        }
        let check = LivenessCheck([heart(10, isIdleClass: true)], starvation: meter)
        for second in 0...seconds {
            if let problem = check.problem(now: after(second)) { return problem }
            time.withLock { $0 += .seconds(1) * share }
        }
        return nil
    }

    @Test func aThreadThatWaitsForAProcessorIsStarvedAndNotHung() {
        #expect(problem(share: 0, isReady: true, isIdleClass: true, seconds: 1000) == nil)
        #expect(problem(share: 0.005, isReady: true, isIdleClass: true, seconds: 1000) == nil)
    }

    @Test func aThreadThatSleepsOrTurnsInACircleIsHung() {
        #expect(problem(share: 0, isReady: false, isIdleClass: true, seconds: 12) != nil)
        #expect(problem(share: 1, isReady: true, isIdleClass: true, seconds: 12) != nil)
        // With half a processor it has had its ten seconds after twenty.
        #expect(problem(share: 0.5, isReady: true, isIdleClass: true, seconds: 18) == nil)
        #expect(problem(share: 0.5, isReady: true, isIdleClass: true, seconds: 24) != nil)
    }

    @Test func onlyTheIdleClassIsForgiven() {
        #expect(problem(share: 0, isReady: true, isIdleClass: false, seconds: 12) != nil)
        let meter = StarvationMeter {
            [ThreadFacts(identifier: 7, isReady: true, isIdleClass: true, processorTime: .zero)]
        }
        let check = LivenessCheck([heart(10, isIdleClass: false)], starvation: meter)
        _ = check.problem(now: after(0))
        #expect(check.problem(now: after(11)) != nil)
    }

    @Test func whatIsForgivenCountsForOneSilenceOnly() {
        let isReady = Mutex(true)
        let meter = StarvationMeter {
            [ThreadFacts(identifier: 7, isReady: isReady.withLock { $0 }, isIdleClass: true, processorTime: .zero)]
        }
        let heart = heart(10, isIdleClass: true)
        let check = LivenessCheck([heart], starvation: meter)
        _ = check.problem(now: after(0))
        #expect(check.problem(now: after(100)) == nil)
        heart.beat(now: after(100))
        isReady.withLock { $0 = false }
        #expect(check.problem(now: after(111)) == "the run's loop has not moved for 11 s")
    }

    @Test(arguments: [nil, Duration.seconds(4), .seconds(60), .seconds(600)])
    func deadlinesFollowTheUnitAndLeaveRoomForEveryWait(watchdog: Duration?) {
        let deadlines = LivenessDeadlines(watchdog: watchdog)
        #expect(deadlines.run == (watchdog ?? .seconds(60)) * 5)
        // The run waits for changes at most the base, the others wake after an interval.
        #expect(deadlines.run > deadlines.base * 2)
        #expect(deadlines.answers >= deadlines.interval * 4 && deadlines.commands >= deadlines.interval * 4)
    }
}

@Suite struct ThreadFactsTests {
    private let line = """
        8376 (run) ) R 1 8320 29418 0 -1 4194304 135 0 0 0 250 50 0 0 20 0 1 0 1184715 3133440 380 \
        18446744073709551615 1 2 3 0 0 0 0 0 0 0 0 0 17 0 0 5 0 0 0
        """

    @Test func aLineIsReadAroundAHostileName() {
        #expect(
            ThreadFacts(line: line, ticks: 100)
                == ThreadFacts(identifier: 8376, isReady: true, isIdleClass: true, processorTime: .seconds(3)))
        #expect(
            ThreadFacts(
                line: line.replacing(") R ", with: ") S ").replacing("0 5 0 0 0", with: "0 0 0 0 0"), ticks: 100)
                == ThreadFacts(identifier: 8376, isReady: false, isIdleClass: false, processorTime: .seconds(3)))
    }

    @Test(arguments: ["", "8376", "8376 (run", "8376 (run) R", "x (run) R 1", "8376 (run) R a b c d e f g h i j k l"])
    func anythingElseIsNothing(line: String) {
        #expect(ThreadFacts(line: line, ticks: 100) == nil)
        #expect(ThreadFacts(line: self.line, ticks: 0) == nil)
    }

    @Test func theKernelTellsOfThisProcess() {
        let facts = ThreadFacts.ofThisProcess()
        #expect(facts.contains { $0.identifier == getpid() })
        #expect(facts.contains { $0.isReady && !$0.isIdleClass }, "the one that asks")
        #expect(facts.contains { $0.processorTime > .zero })
    }
}
