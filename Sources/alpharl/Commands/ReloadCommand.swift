import ArgumentParser
import Foundation
import StatusAPI
import StatusServer

struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Makes a daemon read its configuration again; answers when it is in force, or refuses.",
        discussion: """
            Example: alpharl reload qwen-math

            A file that is not valid leaves the old configuration in force and exits with 75.
            """)

    @OptionGroup var place: SocketOptions

    @Flag(help: "For programs.")
    var json = false

    func run() throws {
        let answer = try StatusClient(path: try place.find()).send(
            "POST", "/v1/reload", nil as String?, as: ReloadAnswer.self)
        if json {
            print(String(decoding: try JSONCoding.encode(answer), as: UTF8.self))
            return
        }
        print(answer.changed.isEmpty ? "nothing changed" : "in force: " + answer.changed.joined(separator: ", "))
        if !answer.needsRestart.isEmpty {
            print("needs a restart: " + answer.needsRestart.joined(separator: ", "))
        }
    }
}
