import Checkpoints
import Files
import LinearAlgebra
import Vocabulary

/// Streams a composition into files, tensor by tensor, in blocks of rows.
struct CompositionWriter: Sendable {
    let composition: WeightComposition
    let settings: EmissionSettings
    /// One block's for each file that is being written: it stays in the processor's cache.
    private let buffers = ReadBuffers()

    init(composition: WeightComposition, settings: EmissionSettings) {
        self.composition = composition
        self.settings = settings
    }

    /// Writes the weight files and their index.
    func write(_ plan: CompositionPlan, to folder: DirectoryBuilder) throws {
        let shards = plan.shards
        try folder.addFiles(named: shards.map(\.fileName), atOnce: settings.filesAtOnce) { index, file in
            let writer = try SafetensorsWriter(tensors: shards[index].tensors, to: file)
            for tensor in writer.order { try write(tensor, to: writer) }
            writer.finish()
        }
        try folder.addFile(named: "model.safetensors.index.json", contents: plan.index())
    }

    private func write(_ tensor: OutputTensor, to writer: SafetensorsWriter) throws {
        let name = tensor.name
        guard let type = ElementType(rawValue: tensor.type.rawValue) else {
            return try copy(name, from: composition.latest, to: writer)
        }
        let source = composition.source(of: name, settings)
        guard let description = source.description(of: name) else {
            throw CheckpointError.missingTensor(name, directory: source.directory)
        }
        if !composition.isMoved(name), description.elementType == type {
            return try copy(name, from: source, to: writer)
        }
        guard !composition.movesByMatrix(name) else {
            return try writeMatrices(of: description, as: type, from: source, to: writer)
        }
        let rowsPerBlock = max(1, settings.blockElements / max(1, description.elementsPerRow))
        let mover = Mover(composition, description, composition.displacement[name] ?? .zero)
        for first in stride(from: 0, to: description.rowCount, by: rowsPerBlock) {
            let rows = first..<min(first + rowsPerBlock, description.rowCount)
            let values = try source.readRows(name, rows, into: buffers, keepingPages: false)
            if composition.isMoved(name) {
                try writer.append(mover.moved(values, rows, to: type), to: name)
            } else {
                try writer.append(values.converted(to: type), to: name)
            }
            buffers.giveBack(values)
        }
    }

    /// The experts of a layer, one after the other.
    private func writeMatrices(
        of description: TensorDescription, as type: ElementType, from source: any TensorSource,
        to writer: SafetensorsWriter
    ) throws {
        let name = description.name
        let (rows, columns) = (description.shape.dimensions[1], description.shape.dimensions[2])
        for index in 0..<description.rowCount {
            let values = try source.readRows(name, index..<index + 1)
            guard let matrix = composition.movement(ofMatrix: index, of: name) else {
                try writer.append(values.converted(to: type), to: name)
                continue
            }
            let mover = Mover(
                composition, description, matrix, rows: rows, columns: columns, firstElement: index * rows * columns)
            try writer.append(mover.moved(values, 0..<rows, to: type, stored: index..<index + 1), to: name)
        }
    }

    private func copy(_ name: TensorName, from source: any TensorSource, to writer: SafetensorsWriter) throws {
        try source.copyBytes(name, chunk: max(8, 4 * settings.blockElements)) { try writer.append($0, to: name) }
    }
}

/// Moves one tensor's rows: in double where it is float64, in float32 otherwise.
private struct Mover {
    private let composition: WeightComposition
    private let name: TensorName
    private let columns: Int
    private let dither: DitheredRounding
    private let movement: LowRankMatrix
    private let addition: LowRankAddition?
    /// Of the tensor, where the matrix that is moved begins.
    private let firstElement: Int

    /// - Parameters:
    ///   - columns: of the matrix that is moved; nil: of the tensor. `rows` of the same, likewise.
    init(
        _ composition: WeightComposition, _ description: TensorDescription, _ matrix: LowRankMatrix,
        rows: Int? = nil, columns: Int? = nil, firstElement: Int = 0
    ) {
        self.composition = composition
        self.firstElement = firstElement
        name = description.name
        self.columns = columns ?? description.elementsPerRow
        dither = DitheredRounding(tensor: description.name)
        movement = matrix
        addition =
            composition.updateMultiple == 0
            ? LowRankAddition(
                rows: rows ?? description.rowCount, columns: self.columns,
                components: matrix.components.map { ($0.scale, $0.left, $0.right) }) : nil
    }

    /// Throws `EmissionError.notFinite` where a number would be infinite or none.
    ///
    /// - Parameters:
    ///   - rows: of the matrix.
    ///   - stored: the same as rows of the tensor; nil: they are these.
    func moved(
        _ values: TensorValues, _ rows: Range<Int>, to type: ElementType, stored: Range<Int>? = nil
    ) throws -> TensorValues {
        let first = firstElement + rows.lowerBound * columns
        let moved: TensorValues
        var isKnownFinite = false
        if let addition {
            let sum = addition.sum(
                with: StoredElements(values), rows: rows, as: StoredElementType(type),
                dither: LowRankAddition.Dither(seed: dither.seed, first: first))
            moved = TensorValues(sum.elements)
            isKnownFinite = sum.isFinite
        } else {
            moved = try wholeMoved(values, rows, stored ?? rows, first, to: type)
        }
        if !isKnownFinite { try moved.requireFinite(name, firstRow: first / max(1, columns), columns: max(1, columns)) }
        return moved
    }

    /// The same where a multiple of the whole update is added.
    private func wholeMoved(
        _ values: TensorValues, _ rows: Range<Int>, _ stored: Range<Int>, _ first: Int, to type: ElementType
    ) throws -> TensorValues {
        let whole = try wholeUpdate(stored)
        if values.elementType == .float64 {
            let updates = TensorMovement.updates(
                composition.updateMultiple, latest: whole.latest.doubles(), base: whole.base.doubles())
            var weights = values.doubles()
            TensorMovement<Double>(movement, columns: columns)
                .add(to: &weights, firstRow: rows.lowerBound, updates: updates)
            return dither.round(weights, first: first, to: type)
        }
        let updates = TensorMovement.updates(
            composition.updateMultiple, latest: whole.latest.floats(), base: whole.base.floats())
        var weights = values.floats()
        TensorMovement<Float>(movement, columns: columns)
            .add(to: &weights, firstRow: rows.lowerBound, updates: updates)
        return dither.round(weights, first: first, to: type)
    }

    private func wholeUpdate(_ rows: Range<Int>) throws -> (latest: TensorValues, base: TensorValues) {
        (try composition.latest.readRows(name, rows), try composition.base.readRows(name, rows))
    }
}
