import ConfigurationFile
import LogEvents
import Logging
import ServiceLifecycle
import StatusAPI
import TrajectoryStore

/// Runs the user's command after each published prediction, one at a time, beside the run's own work: recording never
/// waits for it. What is due is read from the store. A command that ended, however, is not repeated; one that the
/// daemon's own end interrupted is run again by the next start.
public final class HookService: Service {
    private let context: RunContext
    private let heart: ServiceHeart
    private let blocking = BlockingCalls()

    public init(context: RunContext, heart: ServiceHeart = .none) {
        self.context = context
        self.heart = heart
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            let signals = context.signals.listen()
            await runAllDue()
            for await _ in heart.ticks(and: signals) { await runAllDue() }
        }
        // The signals end with the run's own loop; a service may end only when it is its turn.
        if !Task.isCancelled { try? await gracefulShutdown() }
    }

    /// Returns when nothing is due any more, or the task is cancelled.
    public func runAllDue() async {
        do {
            while !Task.isCancelled,
                let due = try await blocking.run({ try HookDesk(context: self.context).startNext() })
            {
                try await run(due)
            }
            heart.beat()
        } catch is CancellationError {
            return
        } catch {
            context.log.tell(.commandsNotFollowed, nil, ["reason": "\(error)"])
            context.progress.note { $0.troubles[.command] = "\(error)" }
            heart.beat()
        }
    }

    private func run(_ due: HookDesk.Due) async throws {
        let subject: Logger.Metadata = ["prediction": "\(due.prediction.id)"]
        let log = context.log
        log.tell(.commandStarted, nil, subject.merging(["command": "\(due.command.program)"]) { $1 })
        let process = HookProcess(command: due.command, timeLimit: due.timeLimit, environment: environment)
        heart.beat(expectedWithin: due.timeLimit + process.grace)
        let outcome = await process.run { line in log.tell(.commandOutput, "on_emit: \(line)", subject) }
        let message = try await blocking.run { try HookDesk(context: self.context).settle(due, outcome) }
        let seconds: Logger.Metadata = ["seconds": "\((outcome.seconds * 10).rounded() / 10)"]
        if let message {
            log.tell(
                .commandFailed, nil, subject.merging(seconds) { $1 }.merging(["reason": "\(message)"]) { $1 })
        } else if outcome.end == .interrupted {
            log.tell(.commandInterrupted, nil, subject.merging(seconds) { $1 })
        } else {
            log.tell(.commandEnded, nil, subject.merging(seconds) { $1 })
        }
        if outcome.end != .interrupted { context.progress.note { $0.troubles[.command] = message } }
        context.signals.send()
    }

    /// The socket to answer on; nothing that would let the command speak for the daemon to its service manager.
    private var environment: [String: String?] {
        [
            "ALPHARL_SOCKET": context.configuration.socket.path, "NOTIFY_SOCKET": nil, "WATCHDOG_USEC": nil,
            "WATCHDOG_PID": nil, "LISTEN_FDS": nil, "LISTEN_PID": nil, "LISTEN_FDNAMES": nil,
        ]
    }
}
