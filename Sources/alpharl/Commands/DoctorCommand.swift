import ArgumentParser
import ConfigurationFile
import Files
import Foundation
import Glibc
import LinearAlgebra
import Pipeline
import RunLayouts

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks this machine and a run's paths, and says what to do about what it finds.",
        discussion: "Example: alpharl doctor --config /etc/alpharl/qwen-math.toml")

    @Option(name: .customLong("config"), help: "Also check the paths of this configuration.")
    var path: String?

    func run() throws {
        var checkup = Checkup()
        checkup.machine()
        if let path {
            let (configuration, unit) = try RunSetup.configurationOfUnit(at: path)
            checkup.run(configuration, unit: unit)
        }
        print(checkup.lines.joined(separator: "\n"))
        if checkup.hasProblem { throw ExitCode(ExitStatus.configuration.rawValue) }
    }
}

/// One line for each thing that was looked at: `ok`, `note` or `PROBLEM`, what it is, and what to do.
struct Checkup {
    private(set) var lines: [String] = []
    private(set) var hasProblem = false
    private var hasBase = true
    private let tree = FileTree()

    mutating func machine() {
        ok("BLAS: \(BLASInformation.description)")
        ok("kernels: \(InstructionSet.best)")
        for (name, least) in [("max_user_watches", 8192), ("max_user_instances", 8)] {
            let text = try? String(contentsOfFile: "/proc/sys/fs/inotify/\(name)", encoding: .utf8)
            guard let value = text.flatMap({ Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) else {
                note("fs.inotify.\(name) cannot be read; changes are found by rescans at the latest")
                continue
            }
            value >= least
                ? ok("fs.inotify.\(name): \(value)")
                : note("fs.inotify.\(name) is \(value); raise it to \(least) or more, or rely on rescans")
        }
        if getuid() == 0 {
            note(
                "checked as root, who may do everything; as the daemon's account: runuser -u alpharl -- alpharl doctor ..."
            )
        }
    }

    /// - Parameter unit: what the configuration's unit may write to; nil where there is none.
    mutating func run(_ configuration: RunConfiguration, unit: UnitPlaces?) {
        checkBase(configuration)
        checkWatched(configuration)
        checkStore(configuration)
        checkEmission(configuration)
        let folder = URL(filePath: configuration.store.path).deletingLastPathComponent().path()
        checkWriting(to: folder, as: "store.path", unit)
        checkWriting(to: configuration.emit.directory, as: "emit.directory", unit)
        if !configuration.metrics.tensorboard.isEmpty {
            checkWriting(to: configuration.metrics.tensorboard, as: "metrics.tensorboard", unit)
        }
    }

    /// What is there is asked; what is not would be made in the nearest folder above it.
    private mutating func checkWriting(to folder: String, as key: String, _ unit: UnitPlaces?) {
        var place = folder
        while place.count > 1, place.hasSuffix("/") { place.removeLast() }
        if let unit, !unit.allows(place) {
            note(
                "\(key): the unit may write to \(unit.state), and to \(place) only with ReadWritePaths= in a drop-in "
                    + "(predictions-elsewhere.conf)")
        }
        let files = FileManager.default
        if let unit, unit.isMadeByTheUnit(place), !files.fileExists(atPath: unit.state) { return }
        while place.count > 1, !files.fileExists(atPath: place) {
            place = (place as NSString).deletingLastPathComponent
        }
        guard !files.isWritableFile(atPath: place) else { return }
        problem(
            "\(key): cannot write to \(place): permission denied for user \(getuid()); make it writable for the daemon's "
                + "account, or choose another place")
    }

    private mutating func checkBase(_ configuration: RunConfiguration) {
        do {
            let base = try BaseWeights(directory: configuration.run.base, filter: configuration.factors.filter)
            ok("base \(configuration.run.base): \(base.modules.count) modules are tracked")
        } catch {
            hasBase = false
            problem("\(error)")
        }
    }

    private mutating func checkWatched(_ configuration: RunConfiguration) {
        do {
            let kind = try tree.fileSystemKind(of: configuration.run.watch)
            guard try tree.status(of: configuration.run.watch, followingLinks: true)?.kind == .directory else {
                return problem("\(PipelineError.watchMissing(path: configuration.run.watch))")
            }
            kind.isNetwork
                ? note("\(configuration.run.watch) lies on \(kind): changes by other machines are found by rescans")
                : ok("\(configuration.run.watch) lies on \(kind)")
            for line in try LayoutReport(configuration).lines {
                switch line {
                case .ok(let text): ok(text)
                case .note(let text): note(text)
                }
            }
        } catch { problem("\(error)") }
    }

    private mutating func checkStore(_ configuration: RunConfiguration) {
        let path = configuration.store.path
        do {
            let kind = try tree.fileSystemKind(of: path)
            kind.isNetwork
                ? problem("\(PipelineError.storeOnNetwork(path: path, fileSystem: kind.name))")
                : ok("store \(path) lies on \(kind), \(amount(try tree.availableBytes(at: path))) free")
        } catch { problem("\(error)") }
    }

    private mutating func checkEmission(_ configuration: RunConfiguration) {
        let directory = configuration.emit.directory
        guard hasBase else { return }  // A prediction is as large as the base.
        do {
            let needed = try bytes(in: configuration.run.base) * Int64(configuration.emit.keep + 1)
            let free = try tree.availableBytes(at: directory)
            free >= needed
                ? ok("predictions in \(directory): \(amount(free)) free")
                : note(
                    "predictions in \(directory): \(amount(free)) free, \(amount(needed)) are needed to keep "
                        + "\(configuration.emit.keep); free space or lower emit.keep")
        } catch { problem("\(error)") }
    }

    private func bytes(in directory: String) throws -> Int64 {
        try tree.entries(of: directory).reduce(0) { $0 + $1.status.identity.size }
    }

    private func amount(_ bytes: Int64) -> String {
        bytes < 1_000_000_000 ? "\(bytes / 1_000_000) MB" : "\((Double(bytes) / 1e8).rounded() / 10) GB"
    }

    private mutating func ok(_ text: String) { lines.append("ok       \(text)") }
    private mutating func note(_ text: String) { lines.append("note     \(text)") }
    private mutating func problem(_ text: String) {
        lines.append("PROBLEM  \(text)")
        hasProblem = true
    }
}
