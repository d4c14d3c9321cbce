import ConfigurationFile

/// How many threads work at once, and what each may hold: together within `resources.memory`.
struct MemoryShares: Sendable, Equatable {
    /// Threads, 1...
    let width: Int
    /// Bytes for the weights of one thread's module.
    let bytesEach: Int

    /// - Parameter sizes: bytes of each module. Those that exceed the whole memory do not count here: they are worked on in
    ///   blocks, by as many threads as the others leave room for.
    init(of resources: RunConfiguration.Resources, for sizes: [Int]) {
        let memory = resources.memory.bytes
        let largest = sizes.filter { $0 <= memory }.max() ?? 1
        width = max(1, min(resources.threads, memory / max(1, largest)))
        bytesEach = memory / width
    }

    var threads: WorkerThreads { WorkerThreads(width: width) }
}
