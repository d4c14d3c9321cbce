import ConfigurationFile

/// How many threads work at once, and what each may hold: together within `resources.memory`.
struct MemoryShares: Sendable, Equatable {
    /// Threads, 1...
    let width: Int
    /// Bytes for the weights of one thread's module.
    let bytesEach: Int

    /// - Parameter sizes: bytes that each module takes at least. Fewer threads work where all of them would not have as many.
    init(of resources: RunConfiguration.Resources, for sizes: [Int]) {
        let memory = resources.memory.bytes
        width = max(1, min(resources.threads, memory / max(1, sizes.max() ?? 1)))
        bytesEach = memory / width
    }

    var threads: WorkerThreads { WorkerThreads(width: width) }
}
