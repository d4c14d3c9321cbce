import ArgumentParser
import ConfigurationFile
import Foundation

/// How a run's folder is read by the commands that need no daemon.
struct ReadingOptions: ParsableArguments {
    @Option(help: "The layout of the run's folder, or auto.")
    var layout = "auto"

    @Option(help: "A regular expression with one group, the step, for folders of other names.")
    var pattern = ""

    @Option(help: "Threads that work at a time.")
    var threads = 2

    func validate() throws {
        if !(1...256).contains(threads) { throw ValidationError("--threads \(threads) is not in 1...256") }
    }

    func apply(to configuration: inout RunConfiguration) {
        configuration.run.layout = layout
        configuration.run.pattern = pattern
        configuration.resources.threads = threads
    }

    /// The checks that a configuration file goes through.
    ///
    /// - Parameter others: values of further keys.
    /// - Throws: `Failure` with the option's name.
    func check(also others: [String: String] = [:]) throws {
        let values = others.merging(["run.layout": layout, "run.pattern": pattern]) { $1 }
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            guard !value.isEmpty, let expected = ConfigurationChecks.all[key]?(value) else { continue }
            throw Failure("--\(key.split(separator: ".")[1]) \(value) cannot be used: expected \(expected)", .usage)
        }
    }

    static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}
