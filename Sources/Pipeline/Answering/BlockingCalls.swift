import Dispatch

/// Calls that wait for the disk, kept off the cooperative pool: a slow disk must not hold up every other answer.
struct BlockingCalls: Sendable {
    private static let queue = DispatchQueue(label: "alpharl.answers", attributes: .concurrent)
    /// Answers computed at a time; more wait their turn.
    private static let turns = AsyncTurns(count: 4)

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        await Self.turns.take()
        defer { Task { await Self.turns.giveBack() } }
        return try await withCheckedThrowingContinuation { continuation in
            Self.queue.async { continuation.resume(with: Result { try body() }) }
        }
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
