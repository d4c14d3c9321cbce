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

    @Test func everyChangeMovesTheHeart() {
        let progress = RunProgress()
        let before = progress.snapshot.heartbeat
        progress.beat()
        progress.update { $0.done = 3 }
        #expect(progress.snapshot.heartbeat == before + 2)
    }

    @Test func observersSeeEveryChangeWithItsOutcome() {
        let seen = Mutex<[Int]>([])
        let progress = RunProgress { snapshot in seen.withLock { $0.append(snapshot.done) } }
        for done in 1...3 { progress.update { $0.done = done } }
        #expect(seen.withLock { $0 } == [1, 2, 3])
    }
}
