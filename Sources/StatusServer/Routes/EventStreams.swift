import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import ServiceLifecycle
import StatusAPI
import Synchronization

/// The open event streams: how many there are, and how many readers were too slow.
final class EventStreams: Sendable {
    private let limits: ServerLimits
    private let counts = Mutex(Counts())

    struct Counts: Hashable, Sendable {
        var open = 0
        /// Readers that were cut off because too many events waited for them.
        var dropped = 0
    }

    init(limits: ServerLimits) { self.limits = limits }

    var current: Counts { counts.withLock { $0 } }

    /// The answer that sends `events` until they end, the client goes, or the daemon stops.
    ///
    /// - Throws: `StatusRefusal.unavailable` when too many streams are open.
    func open(
        for request: Request, context: StatusContext, events: AsyncStream<RunEvent>
    ) throws(StatusRefusal) -> Response {
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        if request.method == .head { return Response(status: .ok, headers: headers) }
        let isFull = counts.withLock { counts in
            guard counts.open < limits.eventStreams else { return true }
            counts.open += 1
            return false
        }
        guard !isFull else {
            throw .unavailable("\(limits.eventStreams) event streams are open, no more are served; close one of them")
        }
        let slot = StreamSlot { [self] in counts.withLock { $0.open -= 1 } }
        let body = ResponseBody { [self] writer in
            defer { slot.release() }
            try await send(events, to: &writer, request: request, connection: context.connection)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    private func send(
        _ events: AsyncStream<RunEvent>, to writer: inout any ResponseBodyWriter, request: Request,
        connection: any Channel
    ) async throws {
        let (items, queue) = AsyncStream.makeStream(
            of: StreamItem.self, bufferingPolicy: .bufferingOldest(limits.eventsPerStream))
        queue.yield(.greeting)
        try await request.body.consumeWithInboundCloseHandler { _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.pump(events, into: queue, connection: connection) }
                group.addTask { [heartbeat = limits.heartbeat] in
                    while !Task.isCancelled {
                        try await Task.sleep(for: heartbeat)
                        queue.yield(.heartbeat)
                    }
                }
                defer { group.cancelAll() }
                for await item in items.cancelOnGracefulShutdown() {
                    try await writer.write(ByteBuffer(bytes: item.bytes()))
                }
                try await writer.finish(nil)
            }
        } onInboundClosed: {
            queue.finish()
        }
    }

    /// Takes every event at once. A reader for whom too many wait is cut off: it can resume with `Last-Event-ID`.
    private func pump(
        _ events: AsyncStream<RunEvent>, into queue: AsyncStream<StreamItem>.Continuation, connection: any Channel
    ) async {
        for await event in events {
            if case .dropped = queue.yield(.event(event)) {
                counts.withLock { $0.dropped += 1 }
                connection.close(promise: nil)
                break
            }
        }
        queue.finish()
    }
}

/// One place among the open streams, given back once: when its stream ends, or when it is never started.
private final class StreamSlot: Sendable {
    private let action: Mutex<(@Sendable () -> Void)?>

    init(_ action: @escaping @Sendable () -> Void) { self.action = Mutex(action) }

    func release() {
        let action = action.withLock { held in
            defer { held = nil }
            return held
        }
        action?()
    }

    deinit { release() }
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
