import Foundation
import Pipeline
import StatusServer
import SystemdIntegration

/// The signs of life of the services inside: one for each, with the deadline that suits its work.
struct Vitals: Sendable {
    let deadlines: LivenessDeadlines
    /// Moves with every module, every piece of a file, every pass.
    let run: Heartbeat
    private let answers: Heartbeat
    private let commands: Heartbeat
    let check: LivenessCheck

    init(environment: [String: String]) {
        let watchdog = WatchdogService.timeout(
            environment: environment, processIdentifier: ProcessInfo.processInfo.processIdentifier)
        deadlines = LivenessDeadlines(watchdog: watchdog)
        run = Heartbeat("the run's loop", patience: deadlines.run, isIdleClass: true)
        answers = Heartbeat("the socket's server", patience: deadlines.answers)
        commands = Heartbeat("the service for emit.on_emit", patience: deadlines.commands)
        check = LivenessCheck([run, answers, commands])
    }

    func serverObserver(onListening: @escaping @Sendable () -> Void) -> ServerObserver {
        ServerObserver(onListening: onListening, interval: deadlines.interval) { [answers] in answers.beat() }
    }

    var hookHeart: ServiceHeart {
        ServiceHeart(interval: deadlines.interval) { [commands] in commands.beat(expectedWithin: $0) }
    }
}
