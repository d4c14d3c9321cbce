import Synchronization

/// A file as it was published.
public struct PublishedFile: Hashable, Sendable {
    /// In its folder.
    public let name: String
    /// Bytes.
    public let size: Int64
    public let sha256: SHA256Digest

    public init(name: String, size: Int64, sha256: SHA256Digest) {
        self.name = name
        self.size = size
        self.sha256 = sha256
    }
}

/// A new file that is being written, from beginning to end, hashed on the way.
///
/// Hashing and writing are done by two threads beside the caller's, which prepares the next numbers meanwhile; at most
/// `waitingWrites` pieces wait for either. What fails is thrown by the next `write` or by `finish`.
///
/// Mode 0644 whatever the umask: a server that runs as another user must be able to read a prediction. Dirty pages
/// are bounded: after every `AtomicPublisher.flushInterval` bytes what was written is flushed and leaves the page cache.
public final class FileWriter {
    private static let waitingWrites = 6

    public let path: String
    /// Bytes that were handed over.
    public private(set) var size: Int64 = 0
    private let sink: FileSink
    private let digest = Digest()
    private var writing: SerialWorker?
    private var hashing: SerialWorker?

    /// Makes the file; something at `path` already is an error, a link is not followed.
    init(creating path: String, flushInterval: Int64, calls: FileSystemCalls) throws(FileError) {
        let descriptor = try FileDescriptor(opening: path, flags: OpenFlags.newFile, mode: 0o644, calls: calls)
        try descriptor.setMode(0o644)
        self.path = path
        sink = FileSink(descriptor: descriptor, path: path, flushInterval: flushInterval)
    }

    deinit { join() }

    /// Appends the bytes of `values`, little-endian.
    public func write<Element: PlainNumber>(_ values: [Element]) throws(FileError) {
        try sink.throwFailure()
        let (writing, hashing) = workers()
        hashing.give { [digest] in digest.update(values) }
        writing.give { [sink] in sink.append(values) }
        size += Int64(values.count * MemoryLayout<Element>.stride)
    }

    /// Flushes to the disk. The file is whole; its name is durable when its folder is flushed too.
    func finish() throws(FileError) -> PublishedFile {
        join()
        sink.flush()
        try sink.throwFailure()
        return PublishedFile(name: FileTree.split(path).name, size: size, sha256: digest.value)
    }

    /// Two threads are started by the first write: a file may be empty.
    private func workers() -> (writing: SerialWorker, hashing: SerialWorker) {
        if let writing, let hashing { return (writing, hashing) }
        let started = (
            writing: SerialWorker(name: "writing", room: Self.waitingWrites),
            hashing: SerialWorker(name: "hashing", room: Self.waitingWrites)
        )
        (writing, hashing) = (started.writing, started.hashing)
        return started
    }

    private func join() {
        hashing?.finish()
        writing?.finish()
        (writing, hashing) = (nil, nil)
    }

    /// The hash of what was handed over so far.
    private final class Digest: Sendable {
        private let hasher = Mutex(SHA256Hasher())

        var value: SHA256Digest { hasher.withLock { $0.finalize() } }

        func update<Element: PlainNumber>(_ values: [Element]) { hasher.withLock { $0.update(values) } }
    }
}
