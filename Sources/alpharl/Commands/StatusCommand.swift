import ArgumentParser
import Foundation
import StatusAPI
import StatusServer

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Says where a run stands: what was seen, how far ahead can be predicted, and how sure that is.",
        discussion: "Example: alpharl status qwen-math")

    @OptionGroup var place: SocketOptions

    @Flag(help: "Print /v1/status as it is.")
    var json = false

    func run() throws {
        let client = StatusClient(path: try place.find())
        if json {
            FileHandle.standardOutput.write(Data(try client.getBytes("/v1/status")) + Data("\n".utf8))
        } else {
            let status = try client.get("/v1/status", as: RunStatus.self)
            let screen = StatusScreen(status: status, width: TerminalDevice.output.proseWidth)
            StandardOutput.write(screen.text(TerminalDevice.output.palette))
        }
    }
}

/// Which daemon is meant.
struct SocketOptions: ParsableArguments {
    @Argument(help: "The run's name; may be left out while one daemon is running.")
    var name: String?

    @Option(help: "The daemon's socket; otherwise $ALPHARL_SOCKET, then the run is found by its name.")
    var socket: String?

    func find() throws -> String {
        let discovery = SocketDiscovery(socket: socket, environment: ProcessInfo.processInfo.environment)
        return try discovery.find(run: name)
    }
}
