import ConfigurationFile
import Files

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

    /// Bytes of both weights of a module that are read at once; larger ones are read by blocks of rows in each pass. Files on this
    /// machine's disks are kept by the kernel meanwhile; over a network each reading may go out anew, and what cannot be told
    /// from a network is taken for one.
    func bytesAtOnce(from folders: [String], _ calls: FileSystemCalls) -> Int {
        let tree = FileTree(calls: calls)
        let isLocal = folders.allSatisfy { (try? tree.fileSystemKind(of: $0))?.isNetwork == false }
        return isLocal ? min(bytesEach, Self.largestKept) : bytesEach
    }

    var threads: WorkerThreads { WorkerThreads(width: width) }
}
