import ArgumentParser

/// Parses the command line, runs the command, and turns whatever it throws into one line and an exit status.
@main
struct Program {
    static func main() async {
        do {
            var command = try AlpharlCommand.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard let failure = Failure(error) ?? Failure(unknown: error) else { AlpharlCommand.exit(withError: error) }
            failure.exit()
        }
    }
}

extension Failure {
    /// A wrong command line, or an error that no stage of this program makes. Nil for what is no failure (help) and for
    /// a command that has said everything and only sets the status.
    init?(unknown error: any Error) {
        let code = AlpharlCommand.exitCode(for: error)
        guard code != .success, !(error is ExitCode) else { return nil }
        guard code == .validationFailure else {
            self.init("unexpected error: \(error); this is a fault in alpharl, report it", .internalError)
            return
        }
        let words = AlpharlCommand.message(for: error).split(separator: "\n").joined(separator: "; ")
        let names = AlpharlCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
        let command = CommandLine.arguments.dropFirst().first.flatMap { names.contains($0) ? " " + $0 : nil } ?? ""
        self.init("\(words); see alpharl\(command) --help", .usage)
    }
}

struct AlpharlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alpharl",
        abstract: "Watches a reinforcement-learning run's checkpoints and predicts the ones it would reach later.",
        discussion: """
            alpharl sits beside the trainer, records each update's rank-1 factors, and publishes the checkpoint that the \
            run would reach much later, as soon as the run's own past shows that such a prediction can be trusted.

            Exit status: 0 ok; 64 usage; 65 bad data; 66 input missing; 69 daemon not reachable; 70 internal error; \
            73 cannot create output; 74 I/O error; 75 not confident enough yet; 77 permission; 78 configuration.
            """,
        version: "alpharl \(BuildInformation.version)",
        subcommands: [
            ServeCommand.self, StatusCommand.self, WatchCommand.self, ReportCommand.self, PredictCommand.self,
            ReconstructCommand.self, ReloadCommand.self, CheckConfigCommand.self, DoctorCommand.self,
            VersionCommand.self, NoteEndCommand.self,
        ])
}
