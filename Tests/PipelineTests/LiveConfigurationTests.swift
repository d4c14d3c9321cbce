import ConfigurationFile
import Pipeline
import Testing

@Suite struct LiveConfigurationTests {
    private let inForce = RunConfiguration(watch: "/watched", base: "/base", name: "test")

    @Test func equalConfigurationsChangeNothing() {
        let live = LiveConfiguration(inForce)
        let answer = live.adopt(inForce)
        #expect(answer.changed.isEmpty && answer.needsRestart.isEmpty)
    }

    @Test func whatCanChangeUnderWayIsInForceAtOnce() {
        let live = LiveConfiguration(inForce)
        var fresh = inForce
        fresh.confidence.threshold = 0.75
        fresh.emit.keep = 9
        fresh.log.level = .debug
        let answer = live.adopt(fresh)
        #expect(answer.changed.sorted() == ["confidence.threshold", "emit.keep", "log.level"])
        #expect(answer.needsRestart.isEmpty)
        #expect(live.current.confidence.threshold == 0.75 && live.current.emit.keep == 9)
    }

    /// Another base under way would mix two trajectories in one store.
    @Test func whatNamesTheRunWaitsForARestart() {
        let live = LiveConfiguration(inForce)
        var fresh = inForce
        fresh.run.base = "/other"
        fresh.factors.rank = 8
        fresh.store.path = "/other.sqlite"
        fresh.socket.mode = 0o600
        fresh.forecast.horizon = 3
        let answer = live.adopt(fresh)
        #expect(answer.changed == ["forecast.horizon"])
        #expect(answer.needsRestart.sorted() == ["factors.rank", "run.base", "socket.mode", "store.path"])
        #expect(live.current.run.base == "/base" && live.current.factors.rank == 4)
        #expect(live.current.forecast.horizon == 3)
    }

    @Test func anAnswerIsGivenAgainUntilTheRestart() {
        let live = LiveConfiguration(inForce)
        var fresh = inForce
        fresh.run.base = "/other"
        #expect(live.adopt(fresh).needsRestart == live.adopt(fresh).needsRestart)
    }
}
