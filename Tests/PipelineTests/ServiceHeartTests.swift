import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// The service for emit.on_emit, as whoever watches it sees it.
@Suite(.timeLimit(.minutes(3))) struct ServiceHeartTests {
    @Test func aServiceThatOnlyWaitsShowsThatItWouldNotice() async throws {
        let fixture = try ClosedLoopFixture()
        let (beats, beat) = AsyncStream.makeStream(of: Duration.self)
        let heart = ServiceHeart(interval: .milliseconds(1)) { beat.yield($0) }
        let group = ServiceGroup(
            configuration: .init(
                services: [HookService(context: fixture.context, heart: heart)], logger: .init(label: "")))
        let running = Task { try await group.run() }
        var signs = beats.makeAsyncIterator()
        for _ in 1...4 { #expect(await signs.next() == .zero) }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    @Test func aCommandMayTakeItsTimeLimitAndItsEnding() async throws {
        let fixture = try ClosedLoopFixture()
        fixture.setHook([try fixture.script("exit 0")], timeLimit: .seconds(7200))
        try fixture.publish(from: 48, to: 96)
        let seen = Mutex<[Duration]>([])
        let heart = ServiceHeart(interval: .seconds(1)) { longer in seen.withLock { $0.append(longer) } }
        await HookService(context: fixture.context, heart: heart).runAllDue()
        #expect(seen.withLock { $0 } == [.seconds(7205), .zero])
    }
}
