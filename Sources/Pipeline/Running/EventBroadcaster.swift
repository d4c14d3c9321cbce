import StatusAPI
import Synchronization

/// Fans events out to whoever listens. A listener that does not keep up loses its stream, never holds up the run.
public final class EventBroadcaster: Sendable {
    /// Events that wait for one listener before it is dropped.
    public static let bufferedEvents = 1024

    private struct State {
        var nextListener = 0
        var listeners: [Int: AsyncStream<RunEvent>.Continuation] = [:]
        var dropped = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    public init() {}

    /// How many listeners were dropped because they fell behind.
    public var droppedListeners: Int { state.withLock { $0.dropped } }

    /// A stream of everything sent from now on. Ends when the listener falls behind, or with the daemon.
    public func listen() -> AsyncStream<RunEvent> {
        let (stream, continuation) = AsyncStream<RunEvent>.makeStream(
            bufferingPolicy: .bufferingOldest(Self.bufferedEvents))
        let isClosed = state.withLock { state -> Bool in
            guard !state.isClosed else { return true }
            let listener = state.nextListener
            state.nextListener += 1
            state.listeners[listener] = continuation
            continuation.onTermination = { [weak self] _ in self?.forget(listener) }
            return false
        }
        if isClosed { continuation.finish() }
        return stream
    }

    public func send(_ event: RunEvent) {
        let slow = state.withLock { state -> [AsyncStream<RunEvent>.Continuation] in
            var slow: [AsyncStream<RunEvent>.Continuation] = []
            for (listener, continuation) in state.listeners {
                guard case .dropped = continuation.yield(event) else { continue }
                state.listeners[listener] = nil
                state.dropped += 1
                slow.append(continuation)
            }
            return slow
        }
        for continuation in slow { continuation.finish() }
    }

    /// Ends every stream, and those asked for later at once.
    public func close() {
        let all = state.withLock { state -> [AsyncStream<RunEvent>.Continuation] in
            state.isClosed = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for continuation in all { continuation.finish() }
    }

    private func forget(_ listener: Int) {
        state.withLock { $0.listeners[listener] = nil }
    }
}
