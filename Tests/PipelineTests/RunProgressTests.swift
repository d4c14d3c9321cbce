import Pipeline
import Synchronization
import Testing

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
        progress.update { $0.done = 3 }
        #expect(beats.withLock { $0 } == 2)
        progress.note { $0.troubles[.command] = "ended with status 1" }
        #expect(beats.withLock { $0 } == 2)
        #expect(progress.snapshot.lastError == "ended with status 1")
    }

    @Test func observersSeeEveryChangeWithItsOutcome() {
        let seen = Mutex<[Int]>([])
        let progress = RunProgress { snapshot in seen.withLock { $0.append(snapshot.done) } }
        for done in 1...3 { progress.update { $0.done = done } }
        #expect(seen.withLock { $0 } == [1, 2, 3])
    }
}
