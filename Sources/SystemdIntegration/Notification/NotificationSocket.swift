import Glibc

/// Sends datagrams to `$NOTIFY_SOCKET` (sd_notify(3), "Standalone Implementations").
struct NotificationSocket: Hashable, Sendable {
    /// An absolute path, or `@` and a name in the abstract namespace.
    let address: String

    /// Nil when nobody wants to be notified.
    ///
    /// - Throws: `SystemdError.badNotifySocket`
    init?(environment: [String: String]) throws(SystemdError) {
        guard let address = environment["NOTIFY_SOCKET"], !address.isEmpty else { return nil }
        guard address.hasPrefix("/") || address.hasPrefix("@"), (2...107).contains(address.utf8.count),
            !address.utf8.contains(0)
        else { throw .badNotifySocket(address) }
        self.address = address
    }

    /// - Parameter message: lines of the form `KEY=value`.
    func send(_ message: String) throws(SystemdError) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .notNotified(socket: address, message: message, number: errno) }
        defer { close(descriptor) }
        let bytes = Array(message.utf8)
        while true {
            let sent = unsafe withAddress { pointer, length in
                unsafe sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), pointer, length)
            }
            if sent == bytes.count { return }
            if errno != EINTR { throw .notNotified(socket: address, message: message, number: errno) }
        }
    }

    private func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var path = Array(address.utf8)
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        var value = sockaddr_un()
        value.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &value.sun_path) { unsafe $0.copyBytes(from: path) }
        // The length counts: an abstract name has no final zero.
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count + (path.first == 0 ? 0 : 1))
        return unsafe withUnsafePointer(to: &value) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }
}
