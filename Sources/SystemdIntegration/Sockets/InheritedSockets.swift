import Glibc

/// The sockets that systemd hands over (sd_listen_fds(3)).
public enum InheritedSockets {
    public struct Socket: Hashable, Sendable {
        public let descriptor: Int32
        /// `FileDescriptorName=` of the unit, by default the socket unit's name; empty when not told.
        public let name: String
    }

    /// In the order of the unit's `ListenStream=` lines; empty when the process was not started for a socket. Each is
    /// closed on exec from then on, so that hooks do not inherit it.
    ///
    /// - Parameter firstDescriptor: 3 by the protocol.
    /// - Throws: `SystemdError.badVariable`, `.badDescriptor`
    public static func take(
        environment: [String: String], processIdentifier: Int32, firstDescriptor: Int32 = 3
    ) throws(SystemdError) -> [Socket] {
        guard let owner = environment["LISTEN_PID"] else { return [] }
        guard let process = Int32(owner), process > 0 else {
            throw .badVariable(name: "LISTEN_PID", value: owner, expected: "a process id")
        }
        // Meant for another process, such as the one that started this one.
        guard process == processIdentifier else { return [] }
        let text = environment["LISTEN_FDS"] ?? ""
        guard let count = Int32(text), (0...1024).contains(count) else {
            throw .badVariable(name: "LISTEN_FDS", value: text, expected: "a number of sockets, at most 1024")
        }
        let names = try names(environment["LISTEN_FDNAMES"], count: Int(count))
        var sockets: [Socket] = []
        for (offset, name) in names.enumerated() {
            let descriptor = firstDescriptor + Int32(offset)
            guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
                throw .badDescriptor(descriptor, number: errno)
            }
            sockets.append(Socket(descriptor: descriptor, name: name))
        }
        return sockets
    }

    private static func names(_ text: String?, count: Int) throws(SystemdError) -> [String] {
        guard let text, count > 0 else { return Array(repeating: "", count: count) }
        let names = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard names.count == count else {
            throw .badVariable(name: "LISTEN_FDNAMES", value: text, expected: "\(count) names")
        }
        return names
    }
}
