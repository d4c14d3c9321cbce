import Checkpoints
import Files
import Vocabulary

/// Streams a composition into files, tensor by tensor, in blocks of rows.
struct CompositionWriter {
    let composition: WeightComposition
    let settings: EmissionSettings

    /// Writes the weight files and their index.
    func write(_ plan: CompositionPlan, to folder: DirectoryBuilder) throws {
        for shard in plan.shards {
            try folder.addFile(named: shard.fileName) { file in
                let writer = try SafetensorsWriter(tensors: shard.tensors, to: file)
                for tensor in writer.order { try write(tensor, to: writer) }
                writer.finish()
            }
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
            let values = try source.readRows(name, rows)
            guard composition.isMoved(name) else {
                try writer.append(values.converted(to: type), to: name)
                continue
            }
            let moved = try mover.moved(values, rows, to: type)
            try moved.requireFinite(name, firstRow: first, columns: description.elementsPerRow)
            try writer.append(moved, to: name)
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
            let mover = Mover(composition, description, matrix, columns: columns, firstElement: index * rows * columns)
            let moved = try mover.moved(values, 0..<rows, to: type, stored: index..<index + 1)
            try moved.requireFinite(name, firstRow: index * rows, columns: columns)
            try writer.append(moved, to: name)
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
    private let single: TensorMovement<Float>?
    private let double: TensorMovement<Double>?

    /// Of the tensor, where the matrix that is moved begins.
    private let firstElement: Int

    /// - Parameter columns: of the matrix that is moved; nil: of the tensor.
    init(
        _ composition: WeightComposition, _ description: TensorDescription, _ matrix: LowRankMatrix,
        columns: Int? = nil, firstElement: Int = 0
    ) {
        self.composition = composition
        self.firstElement = firstElement
        name = description.name
        self.columns = columns ?? description.elementsPerRow
        dither = DitheredRounding(tensor: description.name)
        let isDouble = description.elementType == .float64
        single = isDouble ? nil : TensorMovement(matrix, columns: self.columns)
        double = isDouble ? TensorMovement(matrix, columns: self.columns) : nil
    }

    /// - Parameters:
    ///   - rows: of the matrix.
    ///   - stored: the same as rows of the tensor; nil: they are these.
    func moved(
        _ values: TensorValues, _ rows: Range<Int>, to type: ElementType, stored: Range<Int>? = nil
    ) throws -> TensorValues {
        let first = firstElement + rows.lowerBound * columns
        let whole = composition.updateMultiple == 0 ? nil : try wholeUpdate(stored ?? rows)
        if let double {
            var weights = values.doubles()
            let updates = whole.map {
                TensorMovement.updates(composition.updateMultiple, latest: $0.latest.doubles(), base: $0.base.doubles())
            }
            double.add(to: &weights, firstRow: rows.lowerBound, updates: updates)
            return dither.round(weights, first: first, to: type)
        }
        var weights = values.floats()
        let updates = whole.map {
            TensorMovement.updates(composition.updateMultiple, latest: $0.latest.floats(), base: $0.base.floats())
        }
        single?.add(to: &weights, firstRow: rows.lowerBound, updates: updates)
        return dither.round(weights, first: first, to: type)
    }

    private func wholeUpdate(_ rows: Range<Int>) throws -> (latest: TensorValues, base: TensorValues) {
        (try composition.latest.readRows(name, rows), try composition.base.readRows(name, rows))
    }
}
