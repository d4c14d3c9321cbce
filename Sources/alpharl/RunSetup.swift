import ConfigurationFile
import Emission
import Files
import Foundation
import Pipeline
import TrajectoryStore

/// Opens what one run needs: its base, its store, and the context that the pipeline works in.
enum RunSetup {
    static func configuration(at path: String) throws -> RunConfiguration {
        try RunConfiguration.load(
            path: path, environment: ProcessInfo.processInfo.environment, checks: ConfigurationChecks.all)
    }

    /// The configuration as its unit reads it, where there is one.
    static func configurationOfUnit(at path: String) throws -> (RunConfiguration, UnitPlaces?) {
        let environment = ProcessInfo.processInfo.environment
        let unit = UnitPlaces(configuration: path, environment: environment)
        let configuration = try RunConfiguration.load(
            path: path, environment: unit?.adding(to: environment) ?? environment, checks: ConfigurationChecks.all)
        return (configuration, unit)
    }

    static func context(
        for configuration: RunConfiguration, progress: RunProgress = RunProgress(),
        store opening: (RunConfiguration) throws -> TrajectoryDatabase
    ) throws -> RunContext {
        try refuseWriting("emit.directory", at: configuration.emit.directory, intoRun: configuration)
        try refuseWriting("metrics.tensorboard", at: configuration.metrics.tensorboard, intoRun: configuration)
        let base = try BaseWeights(directory: configuration.run.base, filter: configuration.factors.filter)
        let store = try opening(configuration)
        try store.claim(
            for: RunIdentity(
                name: configuration.run.name, basePath: configuration.run.base,
                baseFingerprint: base.fingerprint.description, watchPath: configuration.run.watch),
            programVersion: BuildInformation.version, now: WallClock.system.timestamp)
        let context = RunContext(
            configuration: configuration, store: store, base: base, program: program, progress: progress)
        try context.tellOfReplacedStore()
        return context
    }

    static var program: ProgramIdentity {
        ProgramIdentity(
            name: "alpharl", version: BuildInformation.version, commit: BuildInformation.commit ?? "unknown")
    }

    /// The run's own store on a local disk.
    static func openStore(_ configuration: RunConfiguration) throws -> TrajectoryDatabase {
        let path = configuration.store.path
        try refuseWriting("store.path", at: path, intoRun: configuration)
        let kind = try FileTree().fileSystemKind(of: path)
        guard !kind.isNetwork else { throw PipelineError.storeOnNetwork(path: path, fileSystem: kind.name) }
        return try TrajectoryDatabase.openReplacingDamaged(path: path, now: WallClock.system.timestamp)
    }

    /// Said at the start, not only when something is due. Links are followed: what counts is where it would end up.
    ///
    /// - Parameter key: names the setting.
    static func refuseWriting(_ key: String, at path: String, intoRun configuration: RunConfiguration) throws {
        guard !path.isEmpty else { return }
        let tree = FileTree()
        let place = try tree.resolveAsFarAsItExists(path)
        let watched = try tree.resolveAsFarAsItExists(configuration.run.watch)
        guard place != watched, !place.hasPrefix(watched + "/") else {
            throw PipelineError.insideWatched(key: key, path: path, watched: configuration.run.watch)
        }
    }

    /// For commands that do not wait: the daemon may start before the trainer makes its folder.
    static func requireFolder(_ path: String) throws {
        guard let status = try FileTree().status(of: path, followingLinks: true), status.kind == .directory else {
            throw PipelineError.watchMissing(path: path)
        }
    }
}
