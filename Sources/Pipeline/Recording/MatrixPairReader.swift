import Checkpoints
import Files
import LinearAlgebra
import Synchronization
import Vocabulary
import WeightUpdates

/// Reads the two matrices of an update. Where most entries are the base's, both are read once, a block of rows after the other, and
/// the others are kept; else both are read at once where there is memory for them, or a block of rows after the other in each pass.
struct MatrixPairReader: Sendable {
    let base: any TensorSource
    let checkpoint: any TensorSource
    private let buffers = ReadBuffers()
    private let memories = EntryMemories()

    init(base: any TensorSource, checkpoint: any TensorSource) {
        self.base = base
        self.checkpoint = checkpoint
    }

    /// Of both matrices in one block: they stay in a processor's own cache while they are worked on.
    private static let blockBytes = 1 << 20
    /// Rows that tell whether most entries are the base's.
    private static let sampleRows = 32

    /// Bytes that the work on a module takes at least.
    func leastBytes(of module: Module, storedAs own: Module) -> Int {
        let whole = bytes(of: module, storedAs: own)
        let smallestBlock = UpdateMatrix.blockRows(fitting: 1) * rowBytes(of: module, storedAs: own)
        return canBeCut(module, own) ? min(whole, smallestBlock) : whole
    }

    /// A source gives rows of tensors, not of one matrix of a stack.
    private func canBeCut(_ module: Module, _ own: Module) -> Bool { module.slice == nil && own.slice == nil }

    /// Both matrices, as they are stored.
    private func bytes(of module: Module, storedAs own: Module) -> Int {
        rowBytes(of: module, storedAs: own) * module.rows
    }

    private func rowBytes(of module: Module, storedAs own: Module) -> Int {
        let types = [base.description(of: module.tensor), checkpoint.description(of: own.tensor)]
        return types.reduce(0) { $0 + ($1?.elementType ?? .float64).byteCount * module.columns }
    }

    /// - Parameters:
    ///   - own: what the checkpoint calls the module.
    ///   - memory: that the module may take; a matrix of a stack is read at once whatever it takes.
    func read(_ module: Module, storedAs own: Module, within memory: ModuleMemory) throws -> ObservedModule {
        guard canBeCut(module, own) else { return try readSlice(module, own) }
        let rowBytes = rowBytes(of: module, storedAs: own)
        let blocks = BlockReader(base: base, checkpoint: checkpoint, module: module, own: own, buffers: buffers)
        let sample = try blocks.read(0..<min(module.rows, Self.sampleRows))
        if GatheredChanges.arePreferred(for: module, after: sample) {
            return try readChanges(module, own, blocks, within: memory.changes, rowBytes)
        }
        guard bytes(of: module, storedAs: own) <= memory.weights else {
            let fitting = min(memory.weights, Self.blockBytes) / max(1, rowBytes)
            return try readInBlocks(module, own, blocks, rows: UpdateMatrix.blockRows(fitting: fitting))
        }
        return observed(
            module, try base.read(module, into: buffers), try checkpoint.read(own, into: buffers))
    }

    private func observed(_ module: Module, _ old: TensorValues, _ values: TensorValues) -> ObservedModule {
        ObservedModule(
            update: UpdateMatrix(module: module, base: old, checkpoint: values),
            identity: .init(elementType: values.elementType, contentHash: values.contentHash),
            bytes: values.count * values.elementType.byteCount
        ) { [buffers] in
            buffers.giveBack(old)
            buffers.giveBack(values)
        }
    }

    /// A matrix of a stack.
    private func readSlice(_ module: Module, _ own: Module) throws -> ObservedModule {
        let old = try base.read(module, into: buffers)
        let values = try checkpoint.read(own, into: buffers)
        let sample = min(module.rows, Self.sampleRows) * module.columns
        guard GatheredChanges.arePreferred(for: module, after: (old.prefix(sample), values.prefix(sample))) else {
            return observed(module, old, values)
        }
        let memory = memories.take()
        var changes = GatheredChanges(module, blockRows: max(1, module.rows), within: .max, in: memory)
        changes.add(base: old, checkpoint: values)
        buffers.giveBack(old)
        buffers.giveBack(values)
        return ObservedModule(
            update: UpdateMatrix(changes) { rows throws(CheckpointError) in
                preconditionFailure("All rows of \(module.name) were kept; \(rows) were asked for.")
            }, identity: .init(elementType: values.elementType, contentHash: values.contentHash),
            bytes: values.count * values.elementType.byteCount
        ) { [memories] in memories.giveBack(memory) }
    }

    private func readChanges(
        _ module: Module, _ own: Module, _ blocks: BlockReader, within bytes: Int, _ rowBytes: Int
    ) throws -> ObservedModule {
        let rows = UpdateMatrix.blockRows(fitting: min(bytes, Self.blockBytes) / max(1, rowBytes))
        let memory = memories.take()
        // Beside them there is one block of both weights and, where some find no room, that block's own entries.
        let room = bytes - 3 * min(rows, module.rows) * rowBytes
        var changes = GatheredChanges(module, blockRows: rows, within: room, in: memory)
        var reading = Reading()
        while let rows = changes.nextRows {
            let values = try blocks.read(rows)
            changes.add(base: values.base, checkpoint: values.checkpoint)
            reading.add(values.checkpoint)
        }
        return ObservedModule(
            update: UpdateMatrix(changes) { rows throws(CheckpointError) in try blocks.read(rows) },
            identity: reading.identity, bytes: reading.bytes
        ) { [checkpoint, memories] in
            checkpoint.dropPages(of: own.tensor)
            memories.giveBack(memory)
        }
    }

    private func readInBlocks(
        _ module: Module, _ own: Module, _ blocks: BlockReader, rows: Int
    ) throws -> ObservedModule {
        var reading = Reading()
        var isUnchanged = true
        for first in stride(from: 0, to: max(1, module.rows), by: rows) {
            let values = try blocks.read(first..<min(module.rows, first + rows))
            isUnchanged = isUnchanged && values.base.isIdentical(to: values.checkpoint)
            reading.add(values.checkpoint)
        }
        let update = UpdateMatrix(module: module, blockRows: rows, isUnchanged: isUnchanged) {
            rows throws(CheckpointError) in try blocks.read(rows)
        }
        return ObservedModule(update: update, identity: reading.identity, bytes: reading.bytes) { [checkpoint] in
            checkpoint.dropPages(of: own.tensor)
        }
    }

    /// What identifies a weight that is read block after block.
    private struct Reading: ~Copyable {
        private var hasher = ContentHasher()
        private var type = ElementType.float64
        private(set) var bytes = 0

        mutating func add(_ values: TensorValues) {
            hasher.update(values)
            type = values.elementType
            bytes += values.count * type.byteCount
        }

        var identity: ObservedModule.Identity { .init(elementType: type, contentHash: hasher.finalize()) }
    }

    /// The bytes of one of the checkpoint's matrices, in pieces of a few megabytes.
    func identity(of own: Module) throws -> ObservedModule.Identity {
        guard own.slice == nil, let description = checkpoint.description(of: own.tensor) else {
            let values = try checkpoint.read(own, into: buffers)
            defer { buffers.giveBack(values) }
            return .init(elementType: values.elementType, contentHash: values.contentHash)
        }
        var hasher = ContentHasher()
        try checkpoint.forEachBlock(of: own, into: buffers) { hasher.update($0) }
        return .init(elementType: description.elementType, contentHash: hasher.finalize())
    }
}

/// Rows of both matrices, into the memory of those before.
private final class BlockReader: Sendable {
    private let base: any TensorSource
    private let checkpoint: any TensorSource
    private let module: Module
    private let own: Module
    private let buffers: ReadBuffers
    private let lent = Mutex<(base: TensorValues, checkpoint: TensorValues)?>(nil)

    init(base: any TensorSource, checkpoint: any TensorSource, module: Module, own: Module, buffers: ReadBuffers) {
        (self.base, self.checkpoint, self.module, self.own) = (base, checkpoint, module, own)
        self.buffers = buffers
    }

    func read(_ rows: Range<Int>) throws(CheckpointError) -> (base: TensorValues, checkpoint: TensorValues) {
        let earlier = lent.withLock { $0.take() }
        earlier.map { [$0.base, $0.checkpoint].forEach(buffers.giveBack) }
        let old = try base.readRows(module.tensor, rows, into: buffers, keepingPages: true)
        let values = try checkpoint.readRows(own.tensor, rows, into: buffers, keepingPages: true)
        lent.withLock { $0 = (old, values) }
        return (old, values)
    }
}

extension TensorSource {
    /// All rows of a matrix, a few megabytes at a time.
    func forEachBlock(
        of module: Module, into buffers: ReadBuffers, _ body: (TensorValues) throws -> Void
    ) throws {
        let blockBytes = 4 << 20
        let rowBytes = module.columns * (description(of: module.tensor)?.elementType.byteCount ?? 8)
        let rows = max(1, blockBytes / max(1, rowBytes))
        for first in stride(from: 0, to: max(1, module.rows), by: rows) {
            let block = first..<min(module.rows, first + rows)
            let values = try readRows(module.tensor, block, into: buffers, keepingPages: false)
            try body(values)
            buffers.giveBack(values)
        }
    }
}
