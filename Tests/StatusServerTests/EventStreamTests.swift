import Foundation
import StatusAPI
import Synchronization
import Testing

@testable import StatusServer

@Suite struct EventStreamTests {
    @Test func eventsArriveInOrderWithTheirDocuments() async throws {
        try await RunningServer.with { server in
            let client = server.client
            let provider = server.provider
            let received = try await onThread {
                var received: [RunEvent] = []
                provider.send(Documents.events[0])
                try client.followEvents(after: 0) { event in
                    received.append(event)
                    if event.id < 7 { provider.send(Documents.events[event.id]) }
                    return event.id < 7
                }
                return received
            }
            #expect(received == Documents.events)
        }
    }

    @Test func wireFormatIsThatOfServerSentEvents() async throws {
        try await RunningServer.with { server in
            let reader = try await openStream(server)
            server.provider.send(Documents.events[4])
            let lines = try await onThread { try reader.lines(until: "") }
            #expect(
                lines.filter { !$0.isEmpty && !$0.hasPrefix(":") && Int($0, radix: 16) == nil } == [
                    "id: 5", "event: rewind",
                    #"data: {"at":"2026-11-22T10:00:04.000Z","event":"rewind","id":5,"rewind":{"from_step":120,"to_step":90}}"#,
                ])
        }
    }

    @Test func lastEventIDResumesWithoutGapOrRepetition() async throws {
        try await RunningServer.with { server in
            for event in Documents.events.prefix(5) { server.provider.send(event) }
            let client = server.client
            let provider = server.provider
            let ids = try await onThread {
                var ids: [Int] = []
                try client.followEvents(after: 3) { event in
                    ids.append(event.id)
                    if event.id == 5 { provider.send(Documents.events[5]) }
                    return event.id < 6
                }
                return ids
            }
            #expect(ids == [4, 5, 6])
        }
    }

    @Test func lastEventIDMustBeAnId() async throws {
        try await RunningServer.with { server in
            let answer = try await exchange(
                "GET /v1/events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: yesterday\r\nConnection: close\r\n\r\n",
                with: server.path)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func quietStreamHasHeartbeats() async throws {
        var limits = ServerLimits()
        limits.heartbeat = .milliseconds(5)
        try await RunningServer.with(limits: limits) { server in
            let reader = try await openStream(server)
            try await onThread { for _ in 0..<2 { while try reader.next() != ": still here" {} } }
        }
    }

    @Test func clientThatGoesEndsItsSubscription() async throws {
        try await RunningServer.with { server in
            var reader: LineReader? = try await openStream(server)
            #expect(server.service.openStreams == 1)
            withExtendedLifetime(reader) {}
            reader = nil
            var ended = server.provider.endedSubscriptions.makeAsyncIterator()
            #expect(await ended.next() == 1)
        }
    }

    @Test func slowReaderIsCutOffAndCountedAndOthersAreNot() async throws {
        var limits = ServerLimits()
        limits.eventsPerStream = 4
        try await RunningServer.with(limits: limits) { server in
            let slow = try await openStream(server)
            var ended = server.provider.endedSubscriptions.makeAsyncIterator()
            // The slow one reads nothing: the kernel's buffers fill, then the server's, then it is cut off.
            let text = String(repeating: "x", count: 100_000)
            let provider = server.provider
            let flood = Task {
                var id = 1
                while !Task.isCancelled {
                    provider.send(RunEvent(id: id, at: Documents.start, body: .warning(.init(message: text))))
                    id += 1
                    await Task.yield()
                }
            }
            #expect(await ended.next() == 1)
            flood.cancel()
            await flood.value
            #expect(server.service.droppedReaders == 1)
            // It finds the end of its stream, and a new one works.
            try await onThread { while try !slow.connection.read(upTo: 65536).isEmpty {} }
            _ = try await openStream(server)
        }
    }

    @Test func streamsOverTheLimitAreRefused() async throws {
        var limits = ServerLimits()
        limits.eventStreams = 1
        try await RunningServer.with(limits: limits) { server in
            let first = try await openStream(server)
            let problem = try await expectProblem(503, "GET", "/v1/events", server)
            #expect(problem.detail?.contains("1 event streams are open") == true)
            withExtendedLifetime(first) {}
        }
    }
}

/// Lines of a connection, one at a time. Used by one thread after the other.
final class LineReader: @unchecked Sendable {
    let connection: UnixConnection
    private var buffer: [UInt8] = []

    init(path: String) throws { connection = try UnixConnection(path: path, timeoutSeconds: 20) }

    struct Ended: Error {}

    /// The next line without its end.
    func next() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                defer { buffer.removeFirst(end + 1) }
                var line = buffer[..<end]
                if line.last == 13 { line = line.dropLast() }
                return String(decoding: line, as: UTF8.self)
            }
            let bytes = try connection.read(upTo: 65536)
            guard !bytes.isEmpty else { throw Ended() }
            buffer += bytes
        }
    }

    /// The lines of the next event, up to the empty line that ends it.
    func lines(until last: String) throws -> [String] {
        var lines: [String] = []
        while true {
            let line = try next()
            if line == last, lines.contains(where: { $0.hasPrefix("data:") }) { return lines }
            lines.append(line)
        }
    }

    func rest() throws -> String {
        while case let bytes = try connection.read(upTo: 65536), !bytes.isEmpty { buffer += bytes }
        return String(decoding: buffer, as: UTF8.self)
    }
}

/// Opens a stream of events and returns once the server has begun to send it.
func openStream(_ server: RunningServer) async throws -> LineReader {
    let path = server.path
    return try await onThread {
        let reader = try LineReader(path: path)
        try reader.connection.write(Array("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        while try reader.next() != ": connected" {}
        return reader
    }
}
