import ConfigurationFile
import Foundation
import TestSupport
import Testing
import TrajectoryStore

@testable import Pipeline

/// How a command is ended: with everything that it started.
@Suite(.timeLimit(.minutes(3))) struct HookEndingTests {
    private let fixture: ClosedLoopFixture

    init() throws { fixture = try ClosedLoopFixture() }

    private func number(in name: String) -> Int32? {
        (try? fixture.place.text(of: name)).flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    private func process(_ script: String, limit: Duration, grace: Duration) throws -> HookProcess {
        fixture.setHook([try fixture.script("cd \"$(dirname \"$0\")\"\n" + script)])
        let id = try fixture.publish(from: 48, to: 96)
        let prediction = try #require(try fixture.context.store.prediction(id))
        let command = try #require(HookCommand(fixture.context.configuration.emit.onEmit, for: prediction))
        return HookProcess(command: command, timeLimit: limit, grace: grace)
    }

    @Test func atTheTimeLimitTheWholeGroupEnds() async throws {
        let process = try process(
            "/bin/sleep 3000 & echo $! > child; echo waiting; wait", limit: .seconds(1), grace: .seconds(20))
        let outcome = await process.run { _ in }
        #expect(outcome.end == .timedOut && outcome.lastLine == "waiting")
        #expect(outcome.seconds >= 1 && outcome.seconds < 15, "SIGTERM was enough; it took \(outcome.seconds) s")
        let child = try #require(number(in: "child"))
        #expect(await eventually { !isAlive(child) })
    }

    @Test func whoIgnoresTheFirstSignalIsKilled() async throws {
        // Both ignore SIGTERM; what is ignored is ignored by children as well.
        let process = try process(
            "trap '' TERM; /bin/sleep 3000 & echo $! > child; wait", limit: .seconds(1), grace: .milliseconds(100))
        let outcome = await process.run { _ in }
        #expect(outcome.end == .timedOut)
        let child = try #require(number(in: "child"))
        #expect(await eventually { !isAlive(child) })
    }

    @Test func aChildThatOutlivesItsParentsEndIsKilledToo() async throws {
        // The parent ends at once on SIGTERM, the child ignores it.
        let process = try process(
            "(trap '' TERM; exec /bin/sleep 3000) & echo $! > child; trap 'exit 0' TERM; wait", limit: .seconds(1),
            grace: .seconds(20))
        let outcome = await process.run { _ in }
        #expect(outcome.end == .timedOut && outcome.seconds < 15)
        let child = try #require(number(in: "child"))
        #expect(await eventually { !isAlive(child) })
    }

    @Test func itLeadsAGroupOfItsOwn() async throws {
        let process = try process(
            "cut -d' ' -f5 /proc/$$/stat > group; echo $$ > self", limit: .seconds(30), grace: .seconds(1))
        #expect(await process.run { _ in }.end == .exited(0))
        #expect(number(in: "group") == number(in: "self") && number(in: "self") != getpid())
    }

    @Test func whatItLeavesRunningWhenItEndsByItselfDoesNotHoldItUp() async throws {
        let process = try process(
            "/bin/sleep 3000 & echo $! > child", limit: .seconds(60), grace: .seconds(1))
        let outcome = await process.run { _ in }
        #expect(outcome.end == .exited(0) && outcome.seconds < 30)
        let child = try #require(number(in: "child"))
        #expect(isAlive(child))
        kill(child, SIGKILL)
    }

    @Test func aCommandInterruptedByTheDaemonsEndIsRunAgain() async throws {
        let script = try fixture.script(
            """
            cd "$(dirname "$0")"
            if [ -e started ]; then echo again > finished; exit 0; fi
            echo $$ > started
            exec /bin/sleep 3000
            """)
        fixture.setHook([script])
        try fixture.publish(from: 48, to: 96)
        let service = HookService(context: fixture.context)
        let running = Task { await service.runAllDue() }
        #expect(await eventually { number(in: "started") != nil })
        running.cancel()
        await running.value
        let process = try #require(number(in: "started"))
        #expect(await eventually { !isAlive(process) })
        #expect(try fixture.context.store.hooks(in: .due).map(\.starts) == [1])
        #expect(fixture.lastError == nil)

        await HookService(context: fixture.context).runAllDue()
        #expect(try fixture.place.text(of: "finished") == "again\n")
        #expect(try fixture.context.store.hooks(in: .done).map(\.starts) == [2])
    }

    @Test func theTimeLimitIsToldWithItsKey() async throws {
        fixture.setHook([try fixture.script("exec /bin/sleep 3000")], timeLimit: .seconds(1))
        try fixture.publish(from: 48, to: 96)
        await HookService(context: fixture.context).runAllDue()
        #expect(
            try fixture.context.store.hooks().first?.reason
                == "it was ended at its time limit, 1s (emit.on_emit_timeout)")
    }
}
