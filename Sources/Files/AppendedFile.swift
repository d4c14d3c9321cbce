/// A new file that grows piece by piece while others read it. Nothing is flushed to the disk: it is for what can be
/// written again. Mode 0644.
public final class AppendedFile: Sendable {
    public let path: String
    private let descriptor: FileDescriptor

    /// Makes the file; something at `path` already is an error (`isAlreadyThere`), a link is not followed.
    public init(creating path: String, calls: FileSystemCalls = .system) throws(FileError) {
        descriptor = try FileDescriptor(opening: path, flags: OpenFlags.newFile, mode: 0o644, calls: calls)
        self.path = path
    }

    /// All of `bytes`, or an error after some of them.
    public func append(_ bytes: [UInt8]) throws(FileError) {
        try descriptor.append(unsafe bytes.span.bytes)
    }
}
