import ConfigurationFile
import LogEvents
import Logging
import Pipeline
import StatusAPI
import SystemdIntegration

/// `alpharl reload`: reads the file again, takes over what can change under way, and says what needs a restart.
struct ConfigurationReload: Sendable {
    let path: String
    let live: LiveConfiguration
    let level: LogLevelControl
    let reporter: ReadinessReporter
    let progress: RunProgress
    let log: Logger

    /// The service manager sees it begin, and end before the answer is on its way.
    func reload() throws -> ReloadAnswer {
        reporter.reloading()
        defer { reporter.reloaded(progress.snapshot) }
        let fresh: RunConfiguration
        do { fresh = try RunSetup.configuration(at: path) } catch {
            log.tell(.reloadRefused, nil, ["reason": "\(error)"])
            throw StatusRefusal.conflict("\(error); the old configuration stays in force")
        }
        let outcome = live.adopt(fresh)
        level.level = Logger.Level(fresh.log.level)
        log.tell(
            .reloaded, nil,
            [
                "in_force": "\(outcome.changed.joined(separator: " "))",
                "needs_restart": "\(outcome.needsRestart.joined(separator: " "))",
            ])
        return ReloadAnswer(changed: outcome.changed, needsRestart: outcome.needsRestart)
    }
}
