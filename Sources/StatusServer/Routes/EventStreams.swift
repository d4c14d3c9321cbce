import HTTPTypes
import Hummingbird
import HummingbirdCore
import LogEvents
import Logging
import NIOCore
import ServiceLifecycle
import StatusAPI

/// Server-sent events: every stream reads the recorded events at its client's pace, a page at a time.
///
/// Nothing is buffered for a slow client but one page, and it misses nothing. One that takes in nothing at all is cut
/// off like any other stalled client, and can resume with `Last-Event-ID`.
struct EventStreams: Sendable {
    let provider: any StatusProvider
    let limits: ServerLimits
    let counters: ServerCounters

    /// The answer that sends events until the client goes or the daemon stops.
    ///
    /// - Parameters:
    ///   - lastEventID: the last one that the client has; nil to start with the next one.
    ///   - count: without `lastEventID`, start with so many of the recorded events, 0 or more.
    /// - Throws: `StatusRefusal.badRequest` for a question with a body, `.unavailable` when too many streams are open, and
    ///   what the provider throws.
    func open(
        for request: Request, after lastEventID: Int?, orLast count: Int, logger: Logger
    ) async throws -> Response {
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        if request.method == .head { return Response(status: .ok, headers: headers) }
        // Hummingbird's `consumeWithInboundCloseHandler` ends the process when a connection closes between a request's head
        // and its end (2.28.1). Without a body both come at once.
        guard request.headers[.contentLength].map({ Int($0) == 0 }) ?? true, request.headers[.transferEncoding] == nil
        else { throw StatusRefusal.badRequest("cannot follow the events: the request has a body; send it without one") }
        guard let place = counters.takeStream(limit: limits.eventStreams) else {
            throw StatusRefusal.unavailable(
                "\(limits.eventStreams) event streams are open, no more are served; close one of them")
        }
        // Signals first, then the position: an event in between is found by the first reading.
        let signals = await provider.eventSignals()
        let latest = try await provider.latestEventID()
        // An id from a store that was replaced by a new one would hide its first events.
        let start = min(lastEventID ?? max(0, latest - count), latest)
        let body = ResponseBody { [place] writer in
            defer { withExtendedLifetime(place) {} }
            do {
                try await send(after: start, on: signals, to: &writer, request: request)
            } catch let error where !(error is CancellationError || error is IOError || error is ChannelError) {
                logger.tell(.streamFailed, nil, ["reason": "\(error)"])
                throw error
            }
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    private func send(
        after start: Int, on signals: AsyncStream<Void>, to writer: inout any ResponseBodyWriter, request: Request
    ) async throws {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await request.body.consumeWithInboundCloseHandler { _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    for await _ in signals { wake.yield() }
                    wake.finish()
                }
                group.addTask { [heartbeat = limits.heartbeat] in
                    while true {
                        try await Task.sleep(for: heartbeat)
                        wake.yield()
                    }
                }
                try await write(.greeting, to: &writer)
                wake.yield()
                var position = start
                for await _ in wakes.cancelOnGracefulShutdown() {
                    let before = position
                    try await sendRecorded(after: &position, to: &writer)
                    if position == before { try await write(.heartbeat, to: &writer) }
                }
                try await writer.finish(nil)
            }
        } onInboundClosed: {
            wake.finish()
        }
    }

    /// Sends what is recorded, and moves `position` to the last one sent.
    private func sendRecorded(after position: inout Int, to writer: inout any ResponseBodyWriter) async throws {
        while !Task.isShuttingDownGracefully {
            let page = try await provider.events(after: position, limit: limits.eventsPerPage)
            guard let last = page.last else { return }
            for event in page { try await write(.event(event), to: &writer) }
            position = last.id
        }
    }

    private func write(_ item: StreamItem, to writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(ByteBuffer(bytes: item.bytes()))
    }
}

/// What is written to a stream of server-sent events (WHATWG HTML, section 9.2).
enum StreamItem: Sendable {
    /// A comment, so that the client sees at once that it is connected.
    case greeting
    case heartbeat
    case event(RunEvent)

    func bytes() throws -> [UInt8] {
        switch self {
        case .greeting: return Array(": connected\n\n".utf8)
        case .heartbeat: return Array(": still here\n\n".utf8)
        case .event(let event):
            let head = "id: \(event.id)\nevent: \(event.kind.rawValue)\ndata: "
            return Array(head.utf8) + Array(try JSONCoding.encode(event)) + Array("\n\n".utf8)
        }
    }
}
