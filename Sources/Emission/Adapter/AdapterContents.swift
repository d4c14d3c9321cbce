import Checkpoints
import Files
import Vocabulary

/// The tensors of an adapter: A and B of every module, all of one rank.
struct AdapterContents {
    let rank: Int
    let type: ElementType
    let updates: [LowRankUpdate]
    let targets: [AdapterTarget]
    /// By the tensor's name: which update it belongs to, and whether it is B.
    private let places: [TensorName: (update: Int, isUp: Bool)]
    let tensors: [OutputTensor]

    /// - Throws: `EmissionError` for a module that the base has not, or that an adapter cannot name.
    init(_ request: AdapterRequest, type: ElementType) throws(EmissionError) {
        var updates: [LowRankUpdate] = []
        var targets: [AdapterTarget] = []
        var places: [TensorName: (update: Int, isUp: Bool)] = [:]
        var tensors: [OutputTensor] = []
        func add(_ name: TensorName, _ shape: [Int], isUp: Bool) {
            places[name] = (updates.count, isUp)
            tensors.append(OutputTensor(TensorDescription(name: name, elementType: type, shape: TensorShape(shape))))
        }
        for update in request.updates {
            let module = update.module
            let target = try AdapterTarget(module.name)
            try Self.check(module, in: request.base)
            add(target.downName, [request.rank, module.columns], isUp: false)
            add(target.upName, [module.rows, request.rank], isUp: true)
            targets.append(target)
            updates.append(try LowRankUpdate(update, rank: request.rank))
        }
        (rank, self.type) = (request.rank, type)
        (self.updates, self.targets, self.places, self.tensors) = (updates, targets, places, tensors)
    }

    private static func check(_ module: Module, in base: any TensorSource) throws(EmissionError) {
        guard let description = base.description(of: module.name) else {
            throw .checkpoint(.missingTensor(module.name, directory: base.directory))
        }
        guard description.shape.dimensions == [module.rows, module.columns] else {
            throw .wrongShape(module.name, left: module.rows, right: module.columns, shape: description.shape)
        }
    }

    var byteCount: Int64 { tensors.reduce(0) { $0 + Int64($1.byteCount) } }

    /// Each number rounded once, nearest even.
    func write(to file: FileWriter) throws {
        let writer = try SafetensorsWriter(tensors: tensors, to: file)
        for tensor in writer.order {
            guard let place = places[tensor.name] else {
                preconditionFailure("Every tensor of an adapter belongs to a module.")
            }
            let update = updates[place.update]
            let numbers = place.isUp ? update.up(rank: rank) : update.down(rank: rank)
            let values = TensorValues.rounding(numbers, to: type)
            try values.requireFinite(tensor.name, firstRow: 0, columns: place.isUp ? rank : update.module.columns)
            try writer.append(values, to: tensor.name)
        }
        writer.finish()
    }
}
