import Glibc

/// What can go wrong between the daemon and the service manager.
public enum SystemdError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `$NOTIFY_SOCKET` is no address of a Unix socket.
    case badNotifySocket(String)
    case notNotified(socket: String, message: String, number: Int32)
    /// One of `$LISTEN_PID`, `$LISTEN_FDS`, `$LISTEN_FDNAMES` makes no sense.
    case badVariable(name: String, value: String, expected: String)
    case badDescriptor(Int32, number: Int32)

    public var description: String {
        switch self {
        case .badNotifySocket(let address):
            "cannot notify the service manager: $NOTIFY_SOCKET is \"\(address)\" (expected an absolute path or @name of "
                + "at most 107 bytes); unset it or start the daemon by systemd"
        case .notNotified(let socket, let message, let number):
            "cannot notify the service manager: \(message) to \(socket): \(Self.words(number)); "
                + "check NotifyAccess= in the unit"
        case .badVariable(let name, let value, let expected):
            "cannot take over sockets: $\(name) is \"\(value)\" (expected \(expected)); check what started the daemon"
        case .badDescriptor(let descriptor, let number):
            "cannot take over descriptor \(descriptor): \(Self.words(number)); check what started the daemon"
        }
    }

    private static func words(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }
}
