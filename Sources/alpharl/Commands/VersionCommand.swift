import ArgumentParser
import FoundationEssentials
import LinearAlgebra
import StatusAPI
import TrajectoryStore

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Version, commit, and the libraries in use.",
        discussion: "Example: alpharl version --json")

    @Flag(help: "For programs.")
    var json = false

    struct Document: Codable {
        var version = BuildInformation.version
        var commit = BuildInformation.commit
        var blas = BLASInformation.description
        var kernels = "\(InstructionSet.best)"
        var sqlite = TrajectoryDatabase.sqliteVersion
        var schema = TrajectoryDatabase.schemaVersion
    }

    func run() throws {
        let document = Document()
        if json {
            print(String(decoding: try JSONCoding.encode(document), as: UTF8.self))
        } else {
            print(
                """
                alpharl \(document.version)
                commit   \(document.commit ?? "built outside a git checkout")
                BLAS     \(document.blas)
                kernels  \(document.kernels)
                SQLite   \(document.sqlite), store schema \(document.schema)
                """)
        }
    }
}
