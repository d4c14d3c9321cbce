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

    /// A script whose descriptor 9 is a named pipe: it stays open until the last process of its group has ended.
    private func start(_ script: String, limit: Duration, grace: Duration) throws -> (HookProcess, NamedPipe) {
        let pipe = try NamedPipe(fixture.place.path("pipe"))
        fixture.setHook([try fixture.script("exec 9> \"$(dirname \"$0\")/pipe\"\n" + script)])
        let id = try fixture.publish(from: 48, to: 96)
        let prediction = try #require(try fixture.context.store.prediction(id))
        let command = try #require(HookCommand(fixture.context.configuration.emit.onEmit, for: prediction))
        return (HookProcess(command: command, timeLimit: limit, grace: grace), pipe)
    }

    // Where SIGTERM is enough, the time until SIGKILL is longer than the suite may take.

    @Test func atTheTimeLimitTheWholeGroupEnds() async throws {
        let (process, pipe) = try start(
            "/bin/sleep 3000 & echo waiting; wait", limit: .seconds(1), grace: .seconds(3000))
        let outcome = await process.run { _ in }
        #expect(outcome.end == .timedOut && outcome.lastLine == "waiting" && outcome.seconds >= 1)
        #expect(await pipe.whole().isEmpty)
    }

    @Test func whoIgnoresTheFirstSignalIsKilled() async throws {
        // What is ignored is ignored by children as well.
        let (process, pipe) = try start(
            "trap '' TERM; /bin/sleep 3000 & wait", limit: .seconds(1), grace: .milliseconds(100))
        #expect(await process.run { _ in }.end == .timedOut)
        #expect(await pipe.whole().isEmpty)
    }

    @Test func aChildThatOutlivesItsParentsEndIsKilledToo() async throws {
        let (process, pipe) = try start(
            "(trap '' TERM; exec /bin/sleep 3000) & trap 'exit 0' TERM; wait", limit: .seconds(1),
            grace: .seconds(3000))
        #expect(await process.run { _ in }.end == .timedOut)
        #expect(await pipe.whole().isEmpty)
    }

    @Test func itLeadsAGroupOfItsOwn() async throws {
        let (process, pipe) = try start(
            "cut -d' ' -f5 /proc/$$/stat >&9; echo $$ >&9", limit: .seconds(100), grace: .seconds(1))
        #expect(await process.run { _ in }.end == .exited(0))
        let numbers = await pipe.whole().compactMap { Int32($0) }
        #expect(numbers.count == 2 && numbers[0] == numbers[1] && numbers[0] != getpid())
    }

    @Test func whatItLeavesRunningWhenItEndsByItselfIsLeftAlone() async throws {
        let (process, pipe) = try start(
            "/bin/sleep 3000 & echo $! >&9", limit: .seconds(3000), grace: .seconds(1))
        #expect(await process.run { _ in }.end == .exited(0))
        var lines = pipe.lines.makeAsyncIterator()
        let child = try #require(await lines.next().flatMap { Int32($0) })
        #expect(kill(child, SIGKILL) == 0, "it is still there")
        #expect(await lines.next() == nil)
    }

    @Test func aCommandInterruptedByTheDaemonsEndIsRunAgain() async throws {
        let pipe = try NamedPipe(fixture.place.path("pipe"))
        let script = try fixture.script(
            """
            cd "$(dirname "$0")"
            if [ -e started ]; then echo again > finished; exit 0; fi
            touch started
            exec 9> pipe
            echo running >&9
            exec /bin/sleep 3000
            """)
        fixture.setHook([script])
        try fixture.publish(from: 48, to: 96)
        let service = HookService(context: fixture.context)
        let running = Task { await service.runAllDue() }
        var lines = pipe.lines.makeAsyncIterator()
        #expect(await lines.next() == "running")
        running.cancel()
        await running.value
        #expect(await lines.next() == nil, "its process has ended")
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
