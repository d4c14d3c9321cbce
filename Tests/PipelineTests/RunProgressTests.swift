import Pipeline
import Synchronization
import Testing
import Vocabulary

@Suite struct RunProgressTests {
    @Test func theGravestTroubleIsTheOneThatIsTold() {
        let progress = RunProgress()
        #expect(progress.snapshot.lastError == nil)
        progress.update { $0.troubles[.checkpoint] = "checkpoint 48 was rejected" }
        progress.update { $0.troubles[.machine] = "no space is left" }
        progress.update { $0.troubles[.prediction] = "cannot write" }
        #expect(progress.snapshot.lastError == "no space is left")
        progress.update { $0.troubles[.machine] = nil }
        #expect(progress.snapshot.lastError == "cannot write")
        progress.update { $0.troubles[.prediction] = nil }
        #expect(progress.snapshot.lastError == "checkpoint 48 was rejected")
        progress.update { $0.troubles[.checkpoint] = nil }
        #expect(progress.snapshot.lastError == nil)
    }

    @Test func theHeartMovesWithTheRunsOwnWorkAlone() {
        let beats = Mutex(0)
        let progress = RunProgress(heart: { beats.withLock { $0 += 1 } })
        progress.beat()
        progress.begin(.recording, step: TrainingStep(24), of: 3, .modules)
        #expect(beats.withLock { $0 } == 2)
        progress.note { $0.troubles[.command] = "ended with status 1" }
        #expect(beats.withLock { $0 } == 2)
        #expect(progress.snapshot.lastError == "ended with status 1")
    }

    @Test func observersSeeEveryChangeWithItsOutcome() {
        let seen = Mutex<[Int64]>([])
        let progress = RunProgress { snapshot in seen.withLock { $0.append(snapshot.work?.done ?? -1) } }
        progress.begin(.recording, step: TrainingStep(24), of: 3, .modules)
        for _ in 1...3 { progress.advance() }
        progress.finish()
        #expect(seen.withLock { $0 } == [0, 1, 2, 3, -1])
    }

    /// 10 modules in 5 s, 10 to do of this checkpoint and 2 checkpoints of 20 waiting: 50 modules at 2 a second.
    @Test func timeLeftIsThatOfTheQueueAtTheRateSoFar() throws {
        let progress = RunProgress()
        let start = ContinuousClock.now
        progress.begin(.recording, step: TrainingStep(24), of: 20, .modules, queued: 2, now: start)
        #expect(progress.snapshot.work?.perSecond(at: start + .seconds(1)) == nil, "nothing is done yet")
        progress.advance(by: 10)
        let work = try #require(progress.snapshot.work)
        #expect(work.perSecond(at: start + .milliseconds(100)) == nil, "too soon to say")
        #expect(work.perSecond(at: start + .seconds(5)) == 2)
        #expect(work.secondsLeft(at: start + .seconds(5)) == 25)
    }

    /// The next checkpoint does not begin with a blank: the rate is that of all of them.
    @Test func workOfTheSameKindGoesOnWithItsClock() throws {
        let progress = RunProgress()
        let start = ContinuousClock.now
        progress.begin(.recording, step: TrainingStep(24), of: 20, .modules, now: start)
        progress.advance(by: 20)
        progress.begin(.recording, step: TrainingStep(48), of: 20, .modules, now: start + .seconds(10))
        #expect(progress.snapshot.work?.done == 0)
        #expect(progress.snapshot.work?.perSecond(at: start + .seconds(10)) == 2)
        progress.begin(.emitting, step: TrainingStep(96), of: 1000, .bytes, now: start + .seconds(10))
        #expect(progress.snapshot.work?.perSecond(at: start + .seconds(10)) == nil, "another kind of work")
        progress.finish()
        progress.begin(.emitting, step: TrainingStep(96), of: 1000, .bytes, now: start + .seconds(20))
        #expect(progress.snapshot.work?.perSecond(at: start + .seconds(20)) == nil, "after a pause")
    }

    @Test func workIsNeverMoreThanAll() {
        let progress = RunProgress()
        progress.begin(.emitting, step: TrainingStep(96), of: 100, .bytes)
        progress.advance(by: 300)
        #expect(progress.snapshot.work?.done == 100)
    }
}
