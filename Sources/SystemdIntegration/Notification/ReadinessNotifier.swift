import Glibc
import LogEvents
import Logging

/// Tells the service manager where the daemon stands. Does nothing without one.
///
/// A message that cannot be sent is logged: the daemon's work does not depend on it.
public struct ReadinessNotifier: Sendable {
    private let socket: NotificationSocket?
    private let logger: Logger

    public init(environment: [String: String], logger: Logger) {
        self.logger = logger
        do throws(SystemdError) {
            socket = try NotificationSocket(environment: environment)
        } catch {
            socket = nil
            logger.tell(.managerNotTold, "\(error)")
        }
    }

    /// Whether somebody wants to know.
    public var isNotifying: Bool { socket != nil }

    /// The start, or a reload, is complete.
    ///
    /// - Parameter status: one line for `systemctl status`.
    public func ready(status: String) { send(["READY=1", "STATUS=\(oneLine(status))"]) }

    /// - Parameter text: one line for `systemctl status`.
    public func status(_ text: String) { send(["STATUS=\(oneLine(text))"]) }

    /// A reload begins; `ready` ends it. systemd 253 and later need the time in the same message.
    public func reloading() { send(["RELOADING=1", "MONOTONIC_USEC=\(Self.monotonicMicroseconds())"]) }

    public func stopping(status: String) { send(["STOPPING=1", "STATUS=\(oneLine(status))"]) }

    /// Everything still turns; expected once within each `WatchdogSec=`.
    func ping() { send(["WATCHDOG=1"]) }

    private func send(_ lines: [String]) {
        guard let socket else { return }
        do throws(SystemdError) {
            try socket.send(lines.joined(separator: "\n"))
        } catch {
            logger.tell(.managerNotTold, "\(error)")
        }
    }

    /// A line break would begin another assignment.
    private func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    static func monotonicMicroseconds() -> Int {
        var time = timespec()
        let result = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        precondition(result == 0, "Linux always has a monotonic clock.")
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
