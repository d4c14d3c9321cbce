import CLinux
import Glibc
import StatusAPI

/// A blocking connection to a Unix socket, for the command line. Needs no event loop.
public final class UnixConnection: ByteStream {
    private let path: String
    let descriptor: Int32
    private let timeout: Int

    /// - Parameter timeoutSeconds: how long one read or write may take, 1 or more; nil for as long as it takes, such as
    ///   for events.
    /// - Throws: `StatusClientError.notRunning`, `.notPermitted`, `.interrupted`
    public init(path: String, timeoutSeconds: Int? = 30) throws(StatusClientError) {
        self.path = path
        timeout = timeoutSeconds ?? 0
        do throws(ListenerError) {
            try SocketAddress.check(path)
            descriptor = try SocketCalls.stream(subject: path)
        } catch {
            throw .notRunning(path: path, why: error.description)
        }
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            var limit = timeval(tv_sec: timeout, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            guard unsafe setsockopt(descriptor, SOL_SOCKET, option, &limit, size) == 0 else {
                throw .interrupted(path: path, why: ErrorNumber.words(errno))
            }
        }
        let number = SocketCalls.connect(descriptor, to: path)
        guard number == 0 else {
            throw number == EACCES || number == EPERM
                ? .notPermitted(path: path) : .notRunning(path: path, why: ErrorNumber.words(number))
        }
    }

    deinit { close(descriptor) }

    public func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes {
                unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0 {
                // A server that refuses a request may close while it is still being sent: its answer can be read.
                if errno == EPIPE || errno == ECONNRESET { return }
                try check(errno)
            } else {
                rest = rest.dropFirst(sent)
            }
        }
    }

    public func read(upTo count: Int) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        while true {
            let received = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            if received >= 0 { return Array(buffer.prefix(received)) }
            if errno == ECONNRESET { return [] }
            try check(errno)
        }
    }

    /// Returns when the call is to be repeated.
    private func check(_ number: Int32) throws(StatusClientError) {
        switch number {
        case EINTR: return
        case EAGAIN: throw .timedOut(path: path, seconds: timeout)
        default: throw .interrupted(path: path, why: ErrorNumber.words(number))
        }
    }
}

extension StatusClient {
    /// A client of the daemon at `path`.
    public init(path: String, timeoutSeconds: Int? = 30) {
        self.init { try UnixConnection(path: path, timeoutSeconds: timeoutSeconds) }
    }
}

extension SocketDiscovery {
    /// Looks at the sockets themselves. One that this user may not open counts as answering: to be told so is better than
    /// that no daemon runs.
    public init(socket: String?, environment: [String: String]) {
        self.init(socket: socket, environment: environment) { path in
            do throws(StatusClientError) {
                _ = try UnixConnection(path: path, timeoutSeconds: 1)
                return true
            } catch {
                return error == .notPermitted(path: path)
            }
        }
    }
}
