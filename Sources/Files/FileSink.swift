import Synchronization

/// The end of a file that is being written: what one thread appends to, flushing now and then.
final class FileSink: Sendable {
    private struct State {
        var sinceFlush: Int64 = 0
        var failure: FileError?
    }

    private let descriptor: FileDescriptor
    private let path: String
    private let flushInterval: Int64
    private let state = Mutex(State())

    init(descriptor: consuming FileDescriptor, path: String, flushInterval: Int64) {
        self.descriptor = descriptor
        self.path = path
        self.flushInterval = flushInterval
    }

    /// The first thing that went wrong; nothing is written after it.
    func throwFailure() throws(FileError) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Appends all bytes of `values`, or notes why not.
    func append<Element: PlainNumber>(_ values: [Element]) {
        guard state.withLock({ $0.failure == nil }) else { return }
        do throws(FileError) {
            let bytes = unsafe values.span.bytes
            try descriptor.append(bytes)
            let isDue = state.withLock { state in
                state.sinceFlush += Int64(bytes.byteCount)
                return state.sinceFlush >= flushInterval
            }
            if isDue { flush() }
        } catch { fail(error) }
    }

    /// Flushes to the disk, or notes why not; what was written leaves the page cache.
    func flush() {
        guard state.withLock({ $0.failure == nil }) else { return }
        do throws(FileError) {
            try descriptor.synchronize()
            descriptor.dropFromPageCache(offset: 0, length: 0)
            state.withLock { $0.sinceFlush = 0 }
        } catch { fail(error) }
    }

    private func fail(_ error: FileError) {
        state.withLock { $0.failure = $0.failure ?? error }
    }
}
