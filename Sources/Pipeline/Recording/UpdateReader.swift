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
    }

    let update: any ObservedUpdate
    let identity: Identity
    /// That were read of the checkpoint.
    let bytes: Int
}

/// An open checkpoint as a set of updates, whatever form it is stored in. May be used from several threads at once.
protocol UpdateReader: Sendable {
    /// - Parameter previous: the module's last factor, of an earlier checkpoint; nil: there is none.
    func read(_ module: Module, previous: UpdateFactor?) throws -> ObservedModule

    /// What `read` gives with the module, without its update.
    func identity(of module: Module) throws -> ObservedModule.Identity

    /// The modules in the order in which the files hold them, so that disks read ahead.
    func inFileOrder(_ modules: [Module]) -> [Module]

    /// Says that a module will be read soon; returns at once.
    func prefetch(_ module: Module)

    /// Bytes that one module takes in memory while it is worked on.
    func workingBytes(of module: Module) -> Int

    /// Throws unless every file still is what was opened. To be called after the last read.
    func verifyUnchanged() throws(CheckpointError)
}

extension UpdateReader {
    func prefetch(_ module: Module) {}
}

/// A checkpoint with all weights: an update is its matrix less the base's.
struct WeightReader: UpdateReader {
    let source: any TensorSource
    let base: any TensorSource

    func read(_ module: Module, previous: UpdateFactor?) throws -> ObservedModule {
        let old = try base.read(module)
        let values = try source.read(module)
        return ObservedModule(
            update: UpdateMatrix(module: module, base: old, checkpoint: values), identity: identity(of: values),
            bytes: values.count * values.elementType.byteCount)
    }

    func identity(of module: Module) throws -> ObservedModule.Identity { identity(of: try source.read(module)) }

    private func identity(of values: TensorValues) -> ObservedModule.Identity {
        ObservedModule.Identity(elementType: values.elementType, contentHash: values.contentHash)
    }

    func inFileOrder(_ modules: [Module]) -> [Module] { modules.inFileOrder(of: source) }

    func prefetch(_ module: Module) {
        base.prefetch(module.name)
        source.prefetch(module.name)
    }

    /// Both matrices, as they are stored.
    func workingBytes(of module: Module) -> Int {
        let types = [base, source].map { $0.description(of: module.name)?.elementType ?? .float64 }
        return types.reduce(0) { $0 + $1.byteCount * module.rows * module.columns }
    }

    func verifyUnchanged() throws(CheckpointError) { try source.verifyUnchanged() }
}
