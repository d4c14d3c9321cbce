import Dispatch

/// Calls that wait for the disk, kept off the cooperative pool: a slow disk must not hold up every other answer.
struct BlockingCalls: Sendable {
    private static let queue = DispatchQueue(label: "alpharl.answers", attributes: .concurrent)
    /// Answers computed at a time; more wait their turn.
    private static let turns = AsyncTurns(count: 4)

    func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        await Self.turns.take()
        defer { Task { await Self.turns.giveBack() } }
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            Self.queue.async { continuation.resume(returning: Result(catching: body)) }
        }
        return try result.get()
    }
}

/// A counting semaphore for tasks: first come, first served.
actor AsyncTurns {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(count: Int) { free = count }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
