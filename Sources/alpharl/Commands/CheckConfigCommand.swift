import ArgumentParser
import ConfigurationFile

struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Checks a configuration and prints it as it takes effect, with where each value comes from.",
        discussion: "Example: alpharl check-config /etc/alpharl/qwen-math.toml. Exits with 78 when something is wrong.")

    @Argument(help: "The configuration, a TOML file.")
    var file: String

    func run() throws {
        print(try RunSetup.configurationOfUnit(at: file).0.rendered(), terminator: "")
    }
}
