import Synchronization

/// The end of a file that is being written, by one thread: bytes are gathered in a buffer, and whole buffers go to the disk past
/// the page cache.
///
/// Why past it: the kernel then copies nothing and keeps nothing, so that writing costs a tenth of the processor time, what
/// the trainer has in the page cache stays there, and the disk is at work from the first buffer on. A file system that cannot
/// (the kernel says EINVAL), and the end of a file, which is no whole buffer, are written through the cache: in small pieces,
/// flushed now and then so that few pages wait for the disk.
final class FileSink: Sendable {
    /// Bytes of a buffer, where `flushInterval` is no less: enough for the disk to stream.
    static let bufferSize = 4 << 20
    /// Bytes of one write through the page cache. For larger ones the kernel looks for large pages, which can take five times as
    /// long as the writing where memory is fragmented.
    static let cachedPiece = 1 << 20

    private struct State: ~Copyable {
        var buffer: PageBuffer
        var isDirect = false
        /// The file system was asked, and cannot.
        var isRefused = false
        /// Bytes that went through the page cache.
        var sinceFlush: Int64 = 0
    }

    private let descriptor: FileDescriptor
    private let path: String
    private let flushInterval: Int64
    /// Held for as long as a write takes; only the thread that writes asks for it.
    private let state: Mutex<State>
    private let failure = Mutex<FileError?>(nil)

    init(descriptor: consuming FileDescriptor, path: String, flushInterval: Int64) {
        self.descriptor = descriptor
        self.path = path
        self.flushInterval = flushInterval
        state = Mutex(State(buffer: PageBuffer(capacity: min(Self.bufferSize, max(1, Int(clamping: flushInterval))))))
    }

    /// The first thing that went wrong; nothing is written after it.
    func throwFailure() throws(FileError) {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    /// Appends all bytes of `values`, or notes why not.
    func append<Element: PlainNumber>(_ values: [Element]) {
        noting { () throws(FileError) in
            try state.withLock { (state) throws(FileError) in
                let bytes = unsafe values.span.bytes
                var taken = 0
                while taken < bytes.byteCount {
                    taken += state.buffer.append(bytes.extracting(droppingFirst: taken))
                    if state.buffer.isFull { try empty(&state) }
                }
            }
        }
    }

    /// Writes what waits and flushes to the disk, or notes why not; nothing of it stays in the page cache.
    func flush() {
        noting { () throws(FileError) in
            try state.withLock { (state) throws(FileError) in
                try empty(&state)
                try synchronize(&state)
            }
        }
    }

    private func noting(_ body: () throws(FileError) -> Void) {
        do {
            try throwFailure()
            try body()
        } catch { failure.withLock { $0 = $0 ?? error } }
    }

    private func synchronize(_ state: inout State) throws(FileError) {
        try descriptor.synchronize()
        descriptor.dropFromPageCache(offset: 0, length: 0)
        state.sinceFlush = 0
    }
}

extension FileSink {
    private func empty(_ state: inout State) throws(FileError) {
        choosePath(&state)
        let isDirect = state.isDirect
        let direct = isDirect ? try state.buffer.withBytes { (bytes) throws(FileError) in try writePast(bytes) } : 0
        if direct < state.buffer.count {
            if isDirect { leaveDirect(&state) }
            try state.buffer.withBytes { (bytes) throws(FileError) in
                try writeThrough(bytes.extracting(droppingFirst: direct))
            }
            state.sinceFlush += Int64(state.buffer.count - direct)
        }
        state.buffer.removeAll()
        if state.sinceFlush >= flushInterval { try synchronize(&state) }
    }

    /// Whole buffers go past the page cache, where the file system can; the rest of a file goes through it.
    private func choosePath(_ state: inout State) {
        let isWanted = state.buffer.isFull && state.buffer.hasWholePages && !state.isRefused
        guard isWanted != state.isDirect else { return }
        do throws(SystemCallFailure) {
            try uninterrupted { () throws(SystemCallFailure) in
                try descriptor.calls.bypassPageCache(descriptor.number, isWanted)
            }
            state.isDirect = isWanted
        } catch { state.isRefused = true }
    }

    private func leaveDirect(_ state: inout State) {
        state.isRefused = true
        choosePath(&state)
    }

    /// - Returns: how many bytes were written: fewer than all where the file system cannot do without the cache after all.
    private func writePast(_ bytes: RawSpan) throws(FileError) -> Int {
        var done = 0
        while done < bytes.byteCount, done % PageBuffer.pageSize == 0 {
            do { done += try write(bytes.extracting(droppingFirst: done)) } catch {
                if error.number == ErrorNumber.invalid { return done }
                throw FileError.failed(.write, path: path, number: error.number)
            }
        }
        return done
    }

    private func writeThrough(_ bytes: RawSpan) throws(FileError) {
        var done = 0
        while done < bytes.byteCount {
            let piece = bytes.extracting(droppingFirst: done)
            do { done += try write(piece.extracting(first: min(Self.cachedPiece, piece.byteCount))) } catch {
                throw FileError.failed(.write, path: path, number: error.number)
            }
        }
    }

    private func write(_ bytes: RawSpan) throws(SystemCallFailure) -> Int {
        let count = try uninterrupted { () throws(SystemCallFailure) in
            try descriptor.calls.write(descriptor.number, bytes)
        }
        // A file that takes nothing and says nothing would be tried for ever.
        if count == 0 { throw SystemCallFailure(ErrorNumber.inputOutput) }
        return count
    }
}
