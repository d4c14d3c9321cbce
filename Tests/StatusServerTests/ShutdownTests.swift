import Foundation
import StatusAPI
import Synchronization
import Testing

@testable import StatusServer

/// What a graceful shutdown does, which is what SIGTERM starts.
@Suite struct ShutdownTests {
    @Test func shutdownEndsOpenStreamsAtOnceAndInOrder() async throws {
        var limits = ServerLimits()
        limits.drain = .seconds(20)
        limits.heartbeat = .seconds(20)
        let clock = ContinuousClock()
        let (reader, started) = try await RunningServer.with(limits: limits) { server in
            (try await openStream(server), clock.now)
        }
        #expect(clock.now - started < .seconds(15), "neither limit was waited for")
        let rest = try await onThread { try reader.rest() }
        #expect(rest.hasSuffix("0\r\n\r\n"), "the stream ended in order: \(rest.debugDescription)")
    }

    @Test func shutdownDoesNotWaitForAReaderThatTakesNothing() async throws {
        var limits = ServerLimits()
        limits.drain = .milliseconds(50)
        let reader = try await RunningServer.with(limits: limits) { server in
            let reader = try await openStream(server)
            let text = String(repeating: "x", count: 1_000_000)
            for id in 1...4 {
                server.provider.send(RunEvent(id: id, at: Documents.start, body: .warning(.init(message: text))))
            }
            return reader
        }
        withExtendedLifetime(reader) {}
    }

    @Test func shutdownFinishesAnAnswerThatIsUnderWay() async throws {
        let (gate, opening) = AsyncStream<Void>.makeStream()
        let answer = try await RunningServer.with { server in
            server.provider.state.withLock { $0.gate = gate }
            let path = server.path
            let reader = try await onThread {
                let reader = try LineReader(path: path)
                try reader.connection.write(Array("GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                return reader
            }
            // A later request on another connection that is answered shows that the first one has been read.
            _ = try await exchange("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", with: path)
            await server.stop()
            opening.finish()
            return try await onThread { try reader.rest() }
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
        #expect(answer.hasSuffix("}\n"))
    }

    @Test func requestThatIsUnderWayOnANewConnectionIsAnswered() async throws {
        var limits = ServerLimits()
        limits.firstRequest = .seconds(20)
        limits.drain = .seconds(20)
        let answer = try await RunningServer.with(limits: limits) { server in
            let path = server.path
            let reader = try await onThread { try LineReader(path: path) }
            // Connections are accepted in order: this answer shows that the one above is.
            _ = try await exchange("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", with: path)
            await server.stop()
            return try await onThread {
                try reader.connection.write(Array("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                return try reader.rest()
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test func idleConnectionDoesNotHoldUpTheShutdown() async throws {
        var limits = ServerLimits()
        limits.firstRequest = .seconds(20)
        limits.drain = .seconds(20)
        let clock = ContinuousClock()
        let started = clock.now
        let reader = try await RunningServer.with(limits: limits) { server in
            let path = server.path
            return try await onThread {
                let reader = try LineReader(path: path)
                try reader.connection.write(Array("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                while try reader.next() != #"{"status":"ok"}"# {}
                return reader
            }
        }
        #expect(clock.now - started < .seconds(15), "neither limit was waited for")
        withExtendedLifetime(reader) {}
    }
}
