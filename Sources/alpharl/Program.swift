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
            guard let failure = Failure(error) else { AlpharlCommand.exit(withError: error) }
            failure.exit()
        }
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
            ServeCommand.self, StatusCommand.self, PredictCommand.self, ReconstructCommand.self, ReloadCommand.self,
            CheckConfigCommand.self, DoctorCommand.self, VersionCommand.self,
        ])
}
