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
/// Mode 0644 whatever the umask: a server that runs as another user must be able to read a prediction. Dirty pages
/// are bounded: after every `AtomicPublisher.flushInterval` bytes what was written is flushed and leaves the page cache.
public final class FileWriter {
    public let path: String
    public private(set) var size: Int64 = 0
    private let flushInterval: Int64
    private var sinceFlush: Int64 = 0
    private var hasher = SHA256Hasher()
    private let descriptor: FileDescriptor

    /// Makes the file; something at `path` already is an error, a link is not followed.
    init(creating path: String, flushInterval: Int64, calls: FileSystemCalls) throws(FileError) {
        let descriptor = try FileDescriptor(opening: path, flags: OpenFlags.newFile, mode: 0o644, calls: calls)
        do { try calls.changeMode(descriptor.number, 0o644) } catch {
            throw FileError.failed(.setMode, path: path, number: error.number)
        }
        self.path = path
        self.flushInterval = flushInterval
        self.descriptor = descriptor
    }

    /// Appends the bytes of `values`, little-endian.
    public func write<Element: PlainNumber>(_ values: [Element]) throws(FileError) {
        try append(unsafe values.span.bytes)
    }

    private func append(_ bytes: RawSpan) throws(FileError) {
        hasher.update(bytes)
        var done = 0
        while done < bytes.byteCount {
            let count: Int
            do {
                count = try uninterrupted { () throws(SystemCallFailure) in
                    try descriptor.calls.write(descriptor.number, bytes.extracting(droppingFirst: done))
                }
            } catch { throw FileError.failed(.write, path: path, number: error.number) }
            done += count
        }
        size += Int64(done)
        sinceFlush += Int64(done)
        if sinceFlush >= flushInterval { try flush() }
    }

    private func flush() throws(FileError) {
        try descriptor.synchronize()
        descriptor.dropFromPageCache(offset: 0, length: 0)
        sinceFlush = 0
    }

    /// Flushes to the disk. The file is whole; its name is durable when its folder is flushed too.
    func finish() throws(FileError) -> PublishedFile {
        try flush()
        return PublishedFile(name: FileTree.split(path).name, size: size, sha256: hasher.finalize())
    }
}
