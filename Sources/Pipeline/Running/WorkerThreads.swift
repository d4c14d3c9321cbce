import Foundation
import Synchronization

/// Numeric and blocking work on threads of its own, never on the cooperative pool that answers the socket.
///
/// Results come in the order of the items, whatever the number of threads: a caller that puts one module into one
/// item gets the same bits for any width.
public struct WorkerThreads: Sendable {
    /// Threads at work at a time, 1...
    public let width: Int

    public init(width: Int) {
        precondition(width >= 1, "At least one worker thread is needed; got \(width).")
        self.width = width
    }

    /// Applies `body` to every item. Blocks until all of them are done.
    ///
    /// - Throws: the error of the first item, in item order, that failed. Items not yet begun are then left out.
    public func map<Item: Sendable, Result: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (Item) throws -> Result
    ) throws -> [Result] {
        let job = Job<Result>(count: items.count) { index in try body(items[index]) }
        let threads = min(width, items.count)
        for number in 0..<threads {
            let thread = Thread {
                Thread.current.name = "worker \(number)"
                job.work()
                job.leave()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        return try job.wait(forThreads: threads)
    }
}

/// The shared state of one `map`: what is taken, what is done.
///
/// It alone holds the caller's closure and lets go of it at the end: a thread that has left and is not yet gone keeps
/// nothing open that the closure holds, such as the files of a checkpoint.
private final class Job<Value: Sendable>: Sendable {
    private struct State {
        var next = 0
        var hasFailed = false
        var results: [Result<Value, any Error>?]
        var body: (@Sendable (Int) throws -> Value)?
    }

    private let state: Mutex<State>
    private let left = DispatchSemaphore(value: 0)

    init(count: Int, body: @escaping @Sendable (Int) throws -> Value) {
        state = Mutex(State(results: Array(repeating: nil, count: count), body: body))
    }

    /// Takes item after item, until none is left.
    func work() {
        while let (index, body) = take() { finish(index, with: Result { try body(index) }) }
    }

    private func take() -> (index: Int, body: @Sendable (Int) throws -> Value)? {
        state.withLock { state in
            guard !state.hasFailed, state.next < state.results.count, let body = state.body else { return nil }
            defer { state.next += 1 }
            return (state.next, body)
        }
    }

    private func finish(_ index: Int, with result: Result<Value, any Error>) {
        state.withLock { state in
            if case .failure = result { state.hasFailed = true }
            state.results[index] = result
        }
    }

    func leave() { left.signal() }

    func wait(forThreads count: Int) throws -> [Value] {
        for _ in 0..<count { left.wait() }
        let results = state.withLock { state in
            state.body = nil
            return state.results
        }
        for case .failure(let error)? in results { throw error }
        return try results.map { result in
            guard let result else { preconditionFailure("A worker left an item undone without an error.") }
            return try result.get()
        }
    }
}
