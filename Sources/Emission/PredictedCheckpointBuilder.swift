import Files
import FoundationEssentials
import Vocabulary

/// What a prediction is made of and what it says of itself.
public struct PredictionRequest: Sendable {
    public let provenance: PredictionProvenance
    public let composition: WeightComposition
    /// The step that the anchor's weights are of; 0: the base.
    public let anchorStep: TrainingStep
    /// Folders to take `config.json`, the tokenizer and the like from; the first that has a file counts.
    public let sideFolders: [String]
    /// Whole seconds of it go into the manifest.
    public let createdAt: Date

    public init(
        provenance: PredictionProvenance, composition: WeightComposition, anchorStep: TrainingStep,
        sideFolders: [String],
        createdAt: Date
    ) {
        self.provenance = provenance
        self.composition = composition
        self.anchorStep = anchorStep
        self.sideFolders = sideFolders
        self.createdAt = createdAt
    }
}

/// A prediction that is on disk, whole.
public struct PublishedPrediction: Hashable, Sendable {
    public let path: String
    public let manifest: PredictionManifest
    /// It was there already: an earlier process published it and died before it could say so.
    public let wasThere: Bool
    /// Older predictions of the run that were removed.
    public let removed: [String]
    /// Why older predictions, or leftovers of a crash, could not be removed; they are tried again next time.
    public let notRemoved: [FileError]
}

/// Publishes predictions as Hugging Face folders that load without any of this program's code.
public struct PredictedCheckpointBuilder: Sendable {
    /// Left free on the disk beside what the prediction takes.
    public static let spaceMargin: Int64 = 64 << 20

    public let settings: EmissionSettings
    public let program: ProgramIdentity
    /// Told before the first byte is written how many there will be of weights and the like.
    public var announce: @Sendable (Int64) -> Void = { _ in }
    let calls: FileSystemCalls

    public init(settings: EmissionSettings, program: ProgramIdentity, calls: FileSystemCalls = .system) {
        self.settings = settings
        self.program = program
        self.calls = calls
    }

    /// Writes `step-TARGET-from-FROM` below the emit directory: whole, flushed and by rename; then `latest` points to
    /// it and predictions beyond `keep` are removed. A prediction with the same provenance that is there already is
    /// taken as it is. Memory: about 40 bytes times `settings.blockElements`, or times one expert's matrix of a layer with
    /// experts in one tensor, whatever the size of the model.
    public func publish(_ request: PredictionRequest) throws(EmissionError) -> PublishedPrediction {
        try publish(request.provenance, as: .full) { path in try write(request, to: path) }
    }

    /// - Parameter write: makes the folder at a path where nothing is yet.
    func publish(
        _ provenance: PredictionProvenance, as format: PredictionFormat,
        write: (String) throws -> PredictionManifest
    ) throws(EmissionError) -> PublishedPrediction {
        try EmissionError.wrapping {
            try refuseWatchedTree(settings.directory)
            let tree = FileTree(calls: calls)
            try tree.makeDirectories(at: settings.directory)
            let publisher = AtomicPublisher(calls: calls)
            let leftovers = try publisher.removeLeftovers(in: settings.directory)
            let path = path(of: provenance, as: format)
            let there = try manifest(at: path, matching: provenance, as: format)
            let manifest = try there ?? write(path)
            if try format == .full || !hasFullForm(of: provenance) {
                try publisher.replaceSymbolicLink(
                    at: FileTree.join(settings.directory, PredictionFolder.latest),
                    pointingTo: FileTree.split(path).name)
            }
            let (removed, failures) = try removeSuperseded(by: path, manifest, publisher)
            return PublishedPrediction(
                path: path, manifest: manifest, wasThere: there != nil, removed: removed,
                notRemoved: leftovers.failures + failures)
        }
    }

    /// The prediction with this provenance, if it is on disk: to be asked for after a crash, since the folder appears
    /// before the database knows of it. Nil when nothing of its name is there; anything else there is an error.
    public func existing(
        matching provenance: PredictionProvenance, as format: PredictionFormat = .full
    ) throws(EmissionError) -> PublishedPrediction? {
        try EmissionError.wrapping {
            let path = path(of: provenance, as: format)
            return try manifest(at: path, matching: provenance, as: format).map {
                PublishedPrediction(path: path, manifest: $0, wasThere: true, removed: [], notRemoved: [])
            }
        }
    }

    /// Withdraws what lies in this prediction's place if it is of the same run and base and says something else: it was
    /// made with a store that is lost. To be asked for only where the store knows of no such prediction.
    public func withdrawForgotten(
        _ provenance: PredictionProvenance, as format: PredictionFormat
    ) throws(EmissionError) {
        try EmissionError.wrapping {
            let path = path(of: provenance, as: format)
            guard let manifest = try PublishedPredictions(calls: calls).manifest(in: path),
                manifest.run == provenance.run, manifest.baseFingerprint == provenance.baseFingerprint,
                manifest.targetStep == provenance.targetStep, manifest.fromStep == provenance.fromStep,
                !manifest.matches(provenance, as: format)
            else { return }
            try AtomicPublisher(calls: calls).withdrawDirectory(at: path)
        }
    }

    /// Then it is the one that `latest` points to, whichever form was written last.
    private func hasFullForm(of provenance: PredictionProvenance) throws -> Bool {
        let found = try PublishedPredictions(calls: calls).manifest(in: path(of: provenance, as: .full))
        return found?.matches(provenance, as: .full) ?? false
    }

    private func path(of provenance: PredictionProvenance, as format: PredictionFormat) -> String {
        let name = PredictionFolder.name(target: provenance.targetStep, from: provenance.fromStep, format: format)
        return FileTree.join(settings.directory, name)
    }

    func refuseWatchedTree(_ directory: String) throws {
        guard let watched = settings.watchedDirectory else { return }
        let tree = FileTree(calls: calls)
        let place = try tree.resolveAsFarAsItExists(directory)
        let root = try tree.resolveAsFarAsItExists(watched)
        if place == root || place.hasPrefix(root.hasSuffix("/") ? root : root + "/") {
            throw EmissionError.insideWatchedTree(directory: directory, watched: watched)
        }
    }

    private func manifest(
        at path: String, matching provenance: PredictionProvenance, as format: PredictionFormat
    ) throws -> PredictionManifest? {
        guard try FileTree(calls: calls).status(of: path) != nil else { return nil }
        let predictions = PublishedPredictions(calls: calls)
        guard let manifest = try predictions.manifest(in: path) else {
            throw EmissionError.alreadyThere(
                path: path, reason: "it has no \(PredictionManifest.fileName) of this program")
        }
        guard manifest.matches(provenance, as: format) else {
            throw EmissionError.alreadyThere(
                path: path, reason: "a prediction of run \(manifest.run) by \(manifest.model) of \(manifest.createdAt)")
        }
        guard try predictions.isWhole(path, manifest) else {
            throw EmissionError.alreadyThere(path: path, reason: "files of it are missing or have another size")
        }
        return manifest
    }

    private func write(_ request: PredictionRequest, to path: String) throws -> PredictionManifest {
        try write(request.composition, request.sideFolders, to: path) { folder, dtype in
            let manifest = PredictionManifest(
                provenance: request.provenance, anchorStep: request.anchorStep, format: .full, dtype: dtype,
                files: folder.files, program: program, createdAt: request.createdAt)
            try folder.addFile(named: PredictionManifest.fileName, contents: try manifest.encoded())
            return manifest
        }
    }

    /// - Parameter finish: gets the folder with everything in it, and the type of the weights.
    func write<Result>(
        _ composition: WeightComposition, _ sideFolders: [String], to path: String,
        finish: (DirectoryBuilder, String) throws -> Result
    ) throws -> Result {
        try composition.check(settings)
        let plan = CompositionPlan(composition, settings)
        let sideFiles = try SideFiles(folders: sideFolders, calls: calls)
        try checkSpace(plan.totalSize + sideFiles.totalSize, at: FileTree.split(path).folder)
        announce(plan.totalSize + sideFiles.totalSize)
        return try AtomicPublisher(calls: calls).publishDirectory(at: path) { folder in
            try CompositionWriter(composition: composition, settings: settings).write(plan, to: folder)
            try sideFiles.write(dtype: plan.dtype, to: folder, calls: calls)
            try composition.verifySources(settings)
            return try finish(folder, plan.dtype)
        }
    }

    func checkSpace(_ bytes: Int64, at directory: String) throws {
        let needed = bytes + Self.spaceMargin
        let available = try FileTree(calls: calls).availableBytes(at: directory)
        guard available >= needed else {
            throw EmissionError.notEnoughSpace(directory: directory, needed: needed, available: available)
        }
    }

    /// Keeps the newest predictions of the run, this one among them; the forms of one prediction (full, adapter) count
    /// once. What others put into the directory, predictions of other runs included, is never touched.
    private func removeSuperseded(
        by path: String, _ published: PredictionManifest, _ publisher: AtomicPublisher
    ) throws -> (removed: [String], failures: [FileError]) {
        var kept: Set = [[published.targetStep, published.fromStep]]
        var removed: [String] = []
        var failures: [FileError] = []
        let all = try PublishedPredictions(calls: calls).all(of: published.run, in: settings.directory)
        for (older, manifest) in all where older != path {
            let steps = [manifest.targetStep, manifest.fromStep]
            if kept.count < settings.keep { kept.insert(steps) }
            if kept.contains(steps) { continue }
            do throws(FileError) {
                try publisher.withdrawDirectory(at: older)
                removed.append(older)
            } catch { failures.append(error) }
        }
        return (removed, failures)
    }
}
