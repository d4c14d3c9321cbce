/// A folder that is being filled before it is published. Not for use from several threads.
public final class DirectoryBuilder {
    /// Bytes read at a time when a file is copied.
    private static let copyChunk = 4 << 20

    /// The temporary folder; it has another name once it is published.
    public let path: String
    /// What was written so far, in that order.
    public private(set) var files: [PublishedFile] = []
    private let flushInterval: Int64
    private let calls: FileSystemCalls

    init(path: String, flushInterval: Int64, calls: FileSystemCalls) {
        self.path = path
        self.flushInterval = flushInterval
        self.calls = calls
    }

    /// Makes a file, lets `fill` write it, and flushes it to the disk.
    @discardableResult
    public func addFile(named name: String, fill: (FileWriter) throws -> Void) throws -> PublishedFile {
        guard FileTree.isPlainName(name) else { throw FileError.unsafeName(name, folder: path) }
        let writer = try FileWriter(
            creating: FileTree.join(path, name), flushInterval: flushInterval, calls: calls)
        try fill(writer)
        let file = try writer.finish()
        files.append(file)
        return file
    }

    @discardableResult
    public func addFile(named name: String, contents: [UInt8]) throws -> PublishedFile {
        try addFile(named: name) { try $0.write(contents) }
    }

    /// Copies a regular file (a link to one is followed, as in the Hub's cache) byte for byte, in bounded memory.
    @discardableResult
    public func copyFile(from source: String, named name: String) throws -> PublishedFile {
        let reader = try FileReader(path: source, calls: calls)
        return try addFile(named: name) { writer in
            var offset: Int64 = 0
            while offset < reader.identity.size {
                let count = min(Int64(Self.copyChunk), reader.identity.size - offset)
                try writer.write(try reader.read(count: Int(count), at: offset))
                offset += count
            }
        }
    }
}
