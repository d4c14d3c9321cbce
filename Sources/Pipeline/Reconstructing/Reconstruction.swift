import Checkpoints
import ConfigurationFile
import Emission
import Files
import RunLayouts
import StatusAPI
import Vocabulary
import WeightUpdates

/// The rank-K model of one observed checkpoint: every tracked weight is `W_0 + sum_i s_i u_i v_i^T` over the K largest
/// triplets of its update, everything else is the checkpoint's. For testing rank-1 dominance on one's own run.
public struct Reconstruction: Sendable {
    /// Updates with a side of at most this many numbers are decomposed whole: exact, and 2 s for 512 x 14336.
    static let denseSide = 512

    let configuration: RunConfiguration
    let base: BaseWeights
    let program: ProgramIdentity
    let progress: RunProgress
    public var calls = FileSystemCalls.system
    public var clock = WallClock.system

    public init(
        configuration: RunConfiguration, base: BaseWeights, program: ProgramIdentity,
        progress: RunProgress = RunProgress()
    ) {
        self.configuration = configuration
        self.base = base
        self.program = program
        self.progress = progress
    }

    /// Writes it below `emit.directory`, in `emit.dtype`. Memory: the triplets of all modules, 4 bytes for each row and
    /// column and triplet, and one module's dense update for each thread.
    ///
    /// - Parameters:
    ///   - rank: K, 1...
    ///   - rescaling: scale each module's triplets so that they have the norm of its whole update.
    /// - Throws: `PipelineError.noSuchStep`, `.cannotReconstruct`; `CheckpointError`, `UpdateError`, `EmissionError`.
    public func write(
        step: TrainingStep, rank: Int, rescaling: Bool
    ) throws -> (path: String, manifest: ReconstructionManifest) {
        let opened = try open(step)
        let reader = opened.reader(over: base)
        let modules = reader.inFileOrder(base.modules)
        defer { progress.finish() }
        progress.begin(.reconstructing, step: step, of: Int64(modules.count), .modules)
        let shares = MemoryShares(
            of: configuration.resources,
            for: modules.map { isDecomposedWhole($0, rank) ? $0.rows * $0.columns * 48 : reader.leastBytes(of: $0) })
        let memory = shares.forModules(
            onThisMachine: FileTree(calls: calls).isLocal([base.source.directory, opened.directory]))
        let pieces = try shares.threads.map(modules) { module in
            try piece(of: module, in: opened, reader, rank: rank, rescaling: rescaling, within: memory)
        }
        let whole = pieces.reduce(0) { $0 + $1.wholeSquare }
        let composition = try composition(
            of: opened, Dictionary(uniqueKeysWithValues: zip(modules.map(\.name), pieces.map(\.matrix))))
        var builder = PredictedCheckpointBuilder(
            settings: EmissionSettings(configuration), program: program,
            calls: calls.observingWrites { progress.advance(by: Int64($0)) })
        builder.announce = { progress.begin(.emitting, step: step, of: $0, .bytes) }
        return try builder.publish(
            ReconstructionRequest(
                composition: composition, checkpoint: opened.directory, step: step, rank: rank, isRescaled: rescaling,
                updateShare: whole > 0 ? min(1, pieces.reduce(0) { $0 + $1.keptSquare } / whole) : 1,
                unconvergedModules: pieces.count { !$0.hasConverged },
                baseFingerprint: base.fingerprint.description, createdAt: clock.now))
    }

    private struct Piece: Sendable {
        let matrix: LowRankMatrix
        let keptSquare: Double
        let wholeSquare: Double
        let hasConverged: Bool
    }

    private func open(_ step: TrainingStep) throws -> OpenedCheckpoint {
        do {
            return try CheckpointOpening(base: base, calls: calls).open(try directory(of: step))
        } catch let refusal as CheckpointOpening.Refusal {
            throw PipelineError.cannotReconstruct(step: step, reason: refusal.description)
        }
    }

    private func composition(
        of opened: OpenedCheckpoint, _ matrices: [TensorName: LowRankMatrix]
    ) throws -> WeightComposition {
        switch opened {
        case .weights(let source):
            return WeightComposition(
                anchor: base.source, latest: source, base: base.source, displacement: matrices)
        case .adapter(let placed):
            let threads = WorkerThreads(width: configuration.resources.threads)
            return try AdapterAnchor(placed: placed, base: base, threads: threads).composition(
                moving: matrices, multiple: 0, others: .latest)
        }
    }

    private func piece(
        of module: Module, in opened: OpenedCheckpoint, _ reader: any UpdateReader, rank: Int, rescaling: Bool,
        within memory: ModuleMemory
    ) throws -> Piece {
        let factor: UpdateFactor
        if case .weights(let source) = opened, isDecomposedWhole(module, rank) {
            factor = try ExactFactorisation.factor(
                module: module, base: try base.source.read(module), checkpoint: try source.read(module), rank: rank)
        } else {
            let observed = try reader.read(module, previous: nil, within: memory)
            defer { observed.finish() }
            // Every triplet is used here, not only the first: all of them wait for the first one's tolerance.
            let tolerances = SolverTolerances(others: 1e-3, mostPasses: 32, extraColumns: 2 + rank / 4)
            factor = try observed.update.factor(
                by: UpdateFactoriser(rank: rank, tolerances: tolerances), startingFrom: nil, isCancelled: { false })
        }
        progress.advance()
        let matrix = LowRankMatrix(
            factor.triplets.map { RankOneComponent(scale: $0.sigma, left: $0.left, right: $0.right) })
        let kept = factor.triplets.reduce(0) { $0 + $1.sigma * $1.sigma }
        let scale = rescaling && kept > 0 ? factor.frobeniusNorm / kept.squareRoot() : 1
        return Piece(
            matrix: matrix.scaled(by: scale), keptSquare: kept,
            wholeSquare: factor.frobeniusNorm * factor.frobeniusNorm,
            hasConverged: factor.triplets.allSatisfy(\.hasConverged))
    }

    private func isDecomposedWhole(_ module: Module, _ rank: Int) -> Bool {
        let side = min(module.rows, module.columns)
        return side <= Self.denseSide || rank * 8 >= side
    }
}

extension Reconstruction {
    /// The folder with the weights of a step, complete.
    private func directory(of step: TrainingStep) throws -> String {
        let root = configuration.run.watch
        let found = try RunLayoutChoice(configuration, calls: calls).find(in: root)
        guard let layout = found.layout else {
            throw PipelineError.noCheckpoints(path: root, note: found.problem ?? "its layout is not recognised")
        }
        let candidates = try layout.candidates(in: root)
        guard let candidate = candidates.first(where: { $0.step == step }) else {
            throw PipelineError.noSuchStep(step, path: root, known: candidates.map(\.step).sorted())
        }
        switch try layout.completeness(of: candidate) {
        case .complete: return candidate.directory
        case .incomplete(let reason), .gone(let reason), .notReadable(let reason), .unusable(let reason):
            throw PipelineError.cannotReconstruct(step: step, reason: reason)
        case .ours:
            throw PipelineError.cannotReconstruct(
                step: step, reason: "it is a prediction, not an observed checkpoint; ask for another step")
        }
    }
}
