import ArgumentParser
import ConfigurationFile
import Foundation
import Pipeline

/// Not for people: the units call it.
struct NoteEndCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "note-end",
        abstract: "Notes for the next start that the watchdog ended the daemon: for systemd's ExecStopPost=.",
        discussion: """
            Example: SERVICE_RESULT=watchdog alpharl note-end --config /etc/alpharl/qwen-math.toml

            Any other result of systemd's leaves no note.
            """,
        shouldDisplay: false)

    @Option(name: .customLong("config"), help: "The run's configuration, a TOML file.")
    var path: String

    func run() throws {
        let result = ProcessInfo.processInfo.environment["SERVICE_RESULT"]
        // A configuration that is not valid has been complained about already.
        guard result == EndNote.watchdog else { return }
        try EndNote(storePath: try RunSetup.configuration(at: path).store.path).write(result)
    }
}
