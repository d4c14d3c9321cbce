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

    /// Larger pairs of weights are read again in each pass even where there is room for them: copying a gigabyte from the kernel's
    /// pages takes 70 ms, new memory for it has taken 100 to 700 ms, and beside a trainer it is better left alone.
    static let largestKept = 64_000_000

    /// Files on this machine's disks are kept by the kernel while they are worked on; over a network each reading may go out anew.
    func forModules(onThisMachine isLocal: Bool) -> ModuleMemory {
        ModuleMemory(weights: isLocal ? min(bytesEach, Self.largestKept) : bytesEach, changes: bytesEach)
    }

    var threads: WorkerThreads { WorkerThreads(width: width) }
}

/// Bytes that one module may take while it is worked on.
struct ModuleMemory: Sendable, Equatable {
    /// Both its weights, which are read at once; larger ones are read by blocks of rows in each pass.
    let weights: Int
    /// The entries that are not the base's, where the others need not be held; rows that find no room are read in each pass.
    let changes: Int
}
