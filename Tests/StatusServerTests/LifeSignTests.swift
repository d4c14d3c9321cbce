import StatusAPI
import Synchronization
import Testing

@testable import StatusServer

/// The server's signs of life go the way of a request.
@Suite struct LifeSignTests {
    private struct Observed: Sendable {
        let observer: ServerObserver
        let beats: AsyncStream<Void>
        let listening: AsyncStream<Void>
    }

    private func observed() -> Observed {
        let (beats, beat) = AsyncStream.makeStream(of: Void.self)
        let (listening, listen) = AsyncStream.makeStream(of: Void.self)
        return Observed(
            observer: ServerObserver(
                onListening: { listen.yield() }, interval: .milliseconds(1), onBeat: { beat.yield() }),
            beats: beats, listening: listening)
    }

    @Test func theyComeAgainAndAgainOnceItListens() async throws {
        let observed = observed()
        try await RunningServer.with(observer: observed.observer) { server in
            var listening = observed.listening.makeAsyncIterator()
            await listening.next()
            var beats = observed.beats.makeAsyncIterator()
            for _ in 1...3 { await beats.next() }
            // An answer that fails is an answer too.
            server.provider.state.withLock { $0.refusal = StatusRefusal.unavailable("the store is away") }
            for _ in 1...3 { await beats.next() }
        }
    }

    @Test func whileTheStoreDoesNotAnswerThereIsNone() async throws {
        let count = Mutex(0)
        let (beats, beat) = AsyncStream.makeStream(of: Void.self)
        let observer = ServerObserver(onListening: {}, interval: .milliseconds(1)) {
            count.withLock { $0 += 1 }
            beat.yield()
        }
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        try await RunningServer.with(observer: observer) { server in
            var signs = beats.makeAsyncIterator()
            await signs.next()
            let (asked, asking) = AsyncStream.makeStream(of: Void.self)
            server.provider.state.withLock {
                $0.gate = gate
                $0.onQuestion = { asking.yield() }
            }
            var questions = asked.makeAsyncIterator()
            await questions.next()
            let before = count.withLock { $0 }
            let client = server.client
            for _ in 1...20 { _ = try await onThread { try client.getBytes("/healthz") } }
            #expect(count.withLock { $0 } == before, "the socket answers, the store does not")
            opening.finish()
            while count.withLock({ $0 }) == before { await signs.next() }
        }
    }
}
