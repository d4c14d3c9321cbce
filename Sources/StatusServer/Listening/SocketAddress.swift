import Glibc

/// The address of a Unix socket: unix(7) allows 108 bytes with the final zero.
enum SocketAddress {
    static let maximumPathBytes = 107

    /// - Throws: `ListenerError.pathTooLong`, `.pathInvalid`
    static func check(_ path: String) throws(ListenerError) {
        guard !path.isEmpty else { throw .pathInvalid(path: path, why: "it is empty") }
        guard !path.utf8.contains(0) else { throw .pathInvalid(path: path, why: "it contains a zero byte") }
        guard path.utf8.count <= maximumPathBytes else {
            throw .pathTooLong(path: path, bytes: path.utf8.count)
        }
    }

    /// Calls `body` with the address of `path`.
    ///
    /// - Precondition: `path` has passed `check`.
    static func with<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        precondition(path.utf8.count <= maximumPathBytes, "A socket's path is checked before it is used.")
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
