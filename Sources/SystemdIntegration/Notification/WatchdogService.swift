import LogEvents
import Logging
import ServiceLifecycle

/// Tells systemd's watchdog that the daemon is alive, for as long as that is true.
///
/// Put it first in the service group: it then ends last. Without a watchdog it only waits for the shutdown.
public struct WatchdogService: Service, CustomStringConvertible {
    private let notifier: ReadinessNotifier
    private let interval: Duration?
    private let problem: @Sendable () async -> String?
    private let logger: Logger

    /// The log names its services at level debug; without this it would print all that they hold.
    public var description: String { "WatchdogService" }

    /// - Parameters:
    ///   - environment: `WATCHDOG_USEC` and `WATCHDOG_PID` of sd_watchdog_enabled(3).
    ///   - problem: nil while everyone is alive, otherwise who is not. It is asked at half the watchdog's time, and no
    ///     sign of life is sent while it has something to say, or while it does not return.
    public init(
        environment: [String: String], processIdentifier: Int32, notifier: ReadinessNotifier, logger: Logger,
        problem: @escaping @Sendable () async -> String?
    ) {
        interval = Self.timeout(environment: environment, processIdentifier: processIdentifier).map { $0 / 2 }
        self.notifier = notifier
        self.problem = problem
        self.logger = logger
    }

    /// Within which time a sign of life is expected; nil when nobody watches this process.
    public static func timeout(environment: [String: String], processIdentifier: Int32) -> Duration? {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0 else {
            return nil
        }
        if let process = environment["WATCHDOG_PID"], process != String(processIdentifier) { return nil }
        return .microseconds(microseconds)
    }

    public func run() async throws {
        guard let interval, notifier.isNotifying else {
            try await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown { await self.keepPinging(every: interval) }
    }

    private func keepPinging(every interval: Duration) async {
        var last: String?
        while !Task.isCancelled {
            let now = await problem()
            if now == nil { notifier.ping() }
            // How long it has been so changes each time.
            if (now == nil) != (last == nil) { report(now) }
            last = now
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    private func report(_ problem: String?) {
        if let problem {
            logger.tell(
                .noSignOfLife, "no sign of life to the watchdog: \(problem); it restarts the daemon unless this ends")
        } else {
            logger.tell(.signsOfLifeAgain)
        }
    }
}
