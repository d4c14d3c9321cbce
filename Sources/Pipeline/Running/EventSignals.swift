import Synchronization

/// Wakes whoever follows the run's events. A signal carries nothing: what happened is read from the store, at each
/// listener's own pace, so that nobody can fall behind or hold up the run.
public final class EventSignals: Sendable {
    private struct State {
        var nextListener = 0
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Made here, at the usual priority, and not by the first thread that sends.
    private let bell = Bell.shared

    public init() {}

    /// A stream with an element after anything happened since the last one was taken. Ends with the daemon.
    public func listen() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
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

    /// May be called at any priority; the listeners wake at the usual one.
    public func send() {
        let listeners = state.withLock { Array($0.listeners.values) }
        guard !listeners.isEmpty else { return }
        bell.ring { for continuation in listeners { continuation.yield() } }
    }

    /// Ends every stream, after the signals that were sent before; those asked for later end at once.
    public func close() {
        let all = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            state.isClosed = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        bell.ring { for continuation in all { continuation.finish() } }
    }

    private func forget(_ listener: Int) {
        state.withLock { $0.listeners[listener] = nil }
    }
}
