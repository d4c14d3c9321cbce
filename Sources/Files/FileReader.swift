/// An open regular file, read by `pread` and never mapped: a mapping of a file that its writer cuts short kills
/// the process. May be used from several threads at once. Closed when the last reference goes away; until then
/// the content stays readable even where the name is removed (not on network file systems).
public final class FileReader: Sendable {
    public let path: String
    /// As it was when the file was opened.
    public let identity: FileIdentity
    private let descriptor: FileDescriptor

    /// Opens `path`, following symbolic links. Anything but a regular file is refused without waiting for it.
    public init(path: String, calls: FileSystemCalls = .system) throws(FileError) {
        let descriptor = try FileDescriptor(
            opening: path, flags: OpenFlags.reading, calls: calls)
        let status = try descriptor.status()
        guard status.kind == .regular else {
            throw FileError.wrongKind(path: path, got: status.kind, expected: .regular)
        }
        self.path = path
        self.identity = status.identity
        self.descriptor = descriptor
    }

    /// Fills all of `values` from the bytes at `offset` (0...), or throws; what `values` holds then is undefined.
    public func read<Element: PlainNumber>(into values: inout [Element], at offset: Int64) throws(FileError) {
        try read(into: &values, values.indices, at: offset)
    }

    /// Fills a part of `values`; the rest stays as it is.
    ///
    /// - Precondition: `range` lies in `values`.
    public func read<Element: PlainNumber>(
        into values: inout [Element], _ range: Range<Int>, at offset: Int64
    ) throws(FileError) {
        precondition(offset >= 0, "A file has no bytes before its beginning; got offset \(offset).")
        let width = MemoryLayout<Element>.stride
        var span = values.mutableSpan
        var bytes = unsafe span.mutableBytes
        try fill(&bytes, range.lowerBound * width..<range.upperBound * width, at: offset)
    }

    /// `count` numbers (0...) from the bytes at `offset`, into memory that nobody cleared before: reading a weight costs
    /// little more than copying it. Large ones are put into large pages where the kernel has some.
    public func numbers<Element: PlainNumber>(count: Int, at offset: Int64) throws(FileError) -> [Element] {
        precondition(offset >= 0, "A file has no bytes before its beginning; got offset \(offset).")
        var failure: FileError?
        let values = unsafe [Element](unsafeUninitializedCapacity: count) { room, initialised in
            let bytes = UnsafeMutableRawBufferPointer(room)
            unsafe LargePages.advise(bytes)
            var span = unsafe MutableRawSpan(_unsafeBytes: bytes)
            do throws(FileError) {
                try fill(&span, 0..<count * MemoryLayout<Element>.stride, at: offset)
                initialised = count
            } catch {
                failure = error
                initialised = 0
            }
        }
        if let failure { throw failure }
        return values
    }

    /// `count` bytes (0...) at `offset`. Bound `count` by `identity.size` where it comes from outside.
    public func read(count: Int, at offset: Int64) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try read(into: &bytes, at: offset)
        return bytes
    }

    private func fill(_ room: inout MutableRawSpan, _ part: Range<Int>, at offset: Int64) throws(FileError) {
        var done = part.lowerBound
        while done < part.upperBound {
            let count: Int
            do {
                count = try uninterrupted { () throws(SystemCallFailure) in
                    try descriptor.calls.read(
                        descriptor.number, &room, done..<part.upperBound, offset + Int64(done - part.lowerBound))
                }
            } catch { throw FileError.failed(.read, path: path, number: error.number) }
            if count == 0 { throw try nothingCame(offset, wanted: part.count, got: done - part.lowerBound) }
            done += count
        }
    }

    /// The file was cut short; or it was not, and the file system says nothing of what went wrong.
    private func nothingCame(_ offset: Int64, wanted: Int, got: Int) throws(FileError) -> FileError {
        if try descriptor.status().identity.size >= offset + Int64(wanted) {
            return .failed(.read, path: path, number: ErrorNumber.inputOutput)
        }
        return .truncated(path: path, offset: offset, wanted: wanted, got: got)
    }

    /// What the open file is now: differs from `identity` when somebody wrote to it.
    public func currentIdentityByDescriptor() throws(FileError) -> FileIdentity { try descriptor.status().identity }

    /// What the name leads to now: differs from `identity` when somebody replaced the file.
    public func currentIdentityByPath() throws(FileError) -> FileIdentity {
        let (path, calls) = (path, descriptor.calls)
        do {
            return try uninterrupted { () throws(SystemCallFailure) in try calls.statusFollowingLinks(path).identity }
        } catch { throw FileError.explaining(.status, path, error, calls) }
    }

    /// Asks the kernel to begin reading these bytes into memory; returns before they are there.
    public func adviseWillNeed(at offset: Int64, length: Int64) {
        // One call reads no more than the device's largest request ahead.
        let piece: Int64 = 1 << 20
        for start in stride(from: offset, to: offset + length, by: Int(piece)) {
            descriptor.readAhead(offset: start, length: min(piece, offset + length - start))
        }
    }

    /// Tells the kernel that these bytes won't be read again soon, so that reading a checkpoint does not push
    /// the trainer's pages out of memory. Length 0 means to the end of the file.
    public func adviseDontNeed(at offset: Int64 = 0, length: Int64 = 0) {
        descriptor.dropFromPageCache(offset: offset, length: length)
    }
}
