import Checkpoints
import Files
import Vocabulary
import WeightUpdates

/// One module of a checkpoint as it was read: its update, and what identifies the bytes.
struct ObservedModule: Sendable {
    /// Tells one version of a module from another.
    struct Identity: Sendable {
        let elementType: ElementType
        /// Of the checkpoint's own bytes.
        let contentHash: ContentHash

        /// With the type and the shape: equal where the weight is the same bit for bit.
        func fingerprint(of module: Module) -> String {
            CheckpointFingerprint.combine([(module.description(as: elementType), contentHash)]).description
        }
    }

    let update: any ObservedUpdate
    let identity: Identity
    /// That were read of the checkpoint.
    let bytes: Int
    /// To be called when the update is not needed any more: its memory is read into again.
    var finish: @Sendable () -> Void = {}
}

/// An open checkpoint as a set of updates, whatever form it is stored in. May be used from several threads at once.
protocol UpdateReader: Sendable {
    /// - Parameters:
    ///   - previous: the module's last factor, of an earlier checkpoint; nil: there is none.
    ///   - memory: that the module may take; what does not fit is read a block after the other.
    func read(_ module: Module, previous: UpdateFactor?, within memory: ModuleMemory) throws -> ObservedModule

    /// What `read` gives with the module, without its update.
    func identity(of module: Module) throws -> ObservedModule.Identity

    /// The modules in the order in which the files hold them, so that disks read ahead.
    func inFileOrder(_ modules: [Module]) -> [Module]

    /// Says that a module will be read soon; returns at once.
    func prefetch(_ module: Module)

    /// Bytes that the work on a module takes at least, however little memory there is.
    func leastBytes(of module: Module) -> Int

    /// Throws unless every file still is what was opened. To be called after the last read.
    func verifyUnchanged() throws(CheckpointError)
}

extension UpdateReader {
    func prefetch(_ module: Module) {}
}

/// A checkpoint with all weights: an update is its matrix less the base's.
struct WeightReader: UpdateReader {
    private let source: any TensorSource
    private let base: any TensorSource
    private let pairs: MatrixPairReader

    init(source: any TensorSource, base: any TensorSource) {
        (self.source, self.base) = (source, base)
        pairs = MatrixPairReader(base: base, checkpoint: source)
    }

    func read(_ module: Module, previous: UpdateFactor?, within memory: ModuleMemory) throws -> ObservedModule {
        try pairs.read(module, storedAs: module, within: memory)
    }

    func identity(of module: Module) throws -> ObservedModule.Identity { try pairs.identity(of: module) }

    func inFileOrder(_ modules: [Module]) -> [Module] { modules.inFileOrder(of: source) }

    func prefetch(_ module: Module) {
        base.prefetch(module.name)
        source.prefetch(module.name)
    }

    func leastBytes(of module: Module) -> Int { pairs.leastBytes(of: module, storedAs: module) }

    func verifyUnchanged() throws(CheckpointError) { try source.verifyUnchanged() }
}
