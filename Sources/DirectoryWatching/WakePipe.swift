import Glibc

/// Ends a `poll(2)` from another thread: one byte in a pipe. Closed when the last reference goes away.
final class WakePipe: Sendable {
    let readingEnd: Int32
    private let writingEnd: Int32

    init() throws(DirectoryWatchingError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .cannotMakeWakePipe(number: errno) }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (readingEnd, writingEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readingEnd)
        close(writingEnd)
    }

    /// A full pipe (EAGAIN) wakes as well as one more byte would.
    func wake() {
        let byte: [UInt8] = [1]
        _ = unsafe byte.withUnsafeBytes { unsafe write(writingEnd, $0.baseAddress, 1) }
    }

    /// Takes everything out; whether there was anything.
    func drain() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 512)
        var wasWoken = false
        while unsafe buffer.withUnsafeMutableBytes({ unsafe read(readingEnd, $0.baseAddress, $0.count) }) > 0 {
            wasWoken = true
        }
        return wasWoken
    }
}

/// `poll(2)` for reading.
enum Polling {
    /// Waits until one of the descriptors can be read, or `milliseconds` (0...) have passed. An interrupting signal
    /// counts as time passed: the caller looks at its clock anyway.
    static func wait(for descriptors: [Int32], milliseconds: Int) throws(DirectoryWatchingError) {
        var requests = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let timeout = Int32(clamping: max(0, milliseconds))
        guard unsafe poll(&requests, nfds_t(requests.count), timeout) >= 0 || errno == EINTR else {
            throw .cannotWait(number: errno)
        }
    }
}
