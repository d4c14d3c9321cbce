import ConfigurationFile
import Foundation
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore

@testable import Pipeline

/// The user's command, with scripts that are started for real.
@Suite(.timeLimit(.minutes(3))) struct HookServiceTests {
    private let fixture: ClosedLoopFixture
    private var store: TrajectoryDatabase { fixture.context.store }

    init() throws { fixture = try ClosedLoopFixture() }

    private func runAllDue() async { await HookService(context: fixture.context).runAllDue() }

    private func text(_ name: String) -> String { (try? fixture.place.text(of: name)) ?? "" }

    @Test func theCommandGetsItsArgumentsAndTheDaemonsSocket() async throws {
        let script = try fixture.script(
            """
            cd "$(dirname "$0")"
            printf '%s|' "$@" > arguments
            printf '%s|%s' "$ALPHARL_SOCKET" "${NOTIFY_SOCKET-unset}" > environment
            """)
        fixture.setHook([script, "{path}", "step {step}", "$(id)", "'{id}'", "*"])
        setenv("NOTIFY_SOCKET", "/nonexistent", 1)
        defer { unsetenv("NOTIFY_SOCKET") }
        let id = try fixture.publish(from: 48, to: 96)
        await runAllDue()
        let path = try #require(try store.prediction(id)).plan.path
        #expect(text("arguments") == "\(path)|step 96|$(id)|'\(id)'|*|")
        #expect(text("environment") == "\(fixture.context.configuration.socket.path)|unset")
        let hook = try #require(try store.hooks().first)
        #expect(hook.state == .done && hook.starts == 1 && hook.reason == nil && (hook.seconds ?? -1) >= 0)
    }

    @Test func itInheritsNoneOfTheDaemonsDescriptors() async throws {
        let leaked = open("/dev/zero", O_RDONLY)
        defer { close(leaked) }
        fixture.setHook([try fixture.script("ls -l /proc/$$/fd")])
        try fixture.publish(from: 48, to: 96)
        await runAllDue()
        let said = fixture.log.lines.filter { $0.contains(" -> ") }
        #expect(said.count >= 3)
        // Nothing to read, the log, and the script itself.
        for line in said {
            #expect(["-> /dev/null", "-> pipe:", "/hook.sh"].contains { line.contains($0) }, "\(line)")
        }
    }

    @Test func whatItSaysGoesToTheLog() async throws {
        fixture.setHook([try fixture.script("echo one; echo two >&2; printf 'no end'")])
        let id = try fixture.publish(from: 48, to: 96)
        await runAllDue()
        let said = fixture.log.lines.filter { $0.hasPrefix("info: on_emit: ") }
        #expect(said == ["one", "two", "no end"].map { "info: on_emit: \($0) prediction=\(id)" })
        #expect(
            fixture.log.lines.contains { $0.hasPrefix("info: on_emit ended with status 0 prediction=\(id) seconds=") })
    }

    @Test func aFailureIsToldInStatusEventsAndLog() async throws {
        fixture.setHook([try fixture.script("echo 'no GPU is free'; exit 3")])
        let id = try fixture.publish(from: 48, to: 96)
        await runAllDue()
        let hook = try #require(try store.hooks(in: .failed).first)
        #expect(hook.reason?.hasPrefix("it ended with status 3 after ") == true)
        #expect(hook.reason?.hasSuffix(", saying \"no GPU is free\"") == true)
        let error = try #require(fixture.lastError)
        #expect(error.hasPrefix("the command after prediction \(id) failed: it ended with status 3"))
        let event = try #require(try store.events(after: 0, limit: 100).last)
        #expect(event.event.kind == "warning" && event.event.payload.contains("status 3"))
        #expect(fixture.log.lines.contains { $0.hasPrefix("warning: on_emit failed prediction=\(id)") })
    }

    @Test func aSuccessTakesBackOnlyItsOwnReport() async throws {
        let service = HookService(context: fixture.context)
        fixture.setHook([try fixture.script("exit 1")])
        try fixture.publish(from: 48, to: 96)
        await service.runAllDue()
        #expect(fixture.lastError != nil)
        fixture.setHook([try fixture.script("exit 0")])
        try fixture.publish(from: 72, to: 144)
        fixture.context.progress.update { $0.troubles[.machine] = "the disk is full" }
        await service.runAllDue()
        #expect(fixture.context.progress.snapshot.troubles == [.machine: "the disk is full"])
    }

    @Test func aFailedCommandIsNotRepeated() async throws {
        fixture.setHook([try fixture.script("echo x >> \"$1\"; exit 1"), fixture.place.path("runs")])
        try fixture.publish(from: 48, to: 96)
        await runAllDue()
        await runAllDue()
        #expect(text("runs") == "x\n")
    }

    @Test func aCommandThatIsNotThereIsAFailure() async throws {
        for program in [fixture.place.path("missing"), "alpharl-no-such-program", fixture.place.path] {
            fixture.setHook([program])
            try fixture.publish(from: 48, to: 96 + fixture.log.lines.count)
            await runAllDue()
            let hook = try #require(try store.hooks().last)
            #expect(hook.state == .failed && hook.reason?.hasPrefix("it could not be run: ") == true, "\(program)")
        }
    }

    @Test func aSignalIsNamed() async throws {
        fixture.setHook([try fixture.script("kill -11 $$")])
        try fixture.publish(from: 48, to: 96)
        await runAllDue()
        #expect(try store.hooks().first?.reason?.hasPrefix("signal 11 ended it") == true)
    }

    @Test func commandsRunOneAtATimeInTheOrderOfThePredictions() async throws {
        let script = try fixture.script("echo begin $2 >> \"$1\"; /bin/sh -c :; echo end $2 >> \"$1\"")
        fixture.setHook([script, fixture.place.path("order"), "{id}"])
        let ids = try (1...3).map { try fixture.publish(from: 48, to: 96 * $0) }
        await runAllDue()
        #expect(text("order") == ids.map { "begin \($0)\nend \($0)\n" }.joined())
    }

    @Test func aPredictionThatIsGoneOrACommandThatIsTakenOutIsSkipped() async throws {
        fixture.setHook([try fixture.script("exit 0")])
        let gone = try fixture.publish(from: 48, to: 96)
        try store.markRemoved(gone, reason: "removed to keep the newest 3")
        await runAllDue()
        #expect(try store.hooks().first?.reason == "prediction \(gone) is removed")
        fixture.setHook([])
        try fixture.publish(from: 48, to: 144)
        await runAllDue()
        #expect(try store.hooks(in: .skipped).count == 2)
        #expect(try store.hooks().map(\.starts) == [0, 0])
    }
}
