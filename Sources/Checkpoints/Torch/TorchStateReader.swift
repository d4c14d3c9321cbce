/// Finds the tensors in the tree of a `data.pkl`: plain ones, parameters, and DTensors of torch 2.4 to 2.13.
///
/// A DTensor is `_rebuild_from_type_v2(_rebuild_wrapper_subclass, DTensor, (DTensor, dtype, size, ...), (_, {"_local_tensor":
/// ..., "_spec": ...}))`: `size` is that of the whole tensor, the local tensor a view of this rank's storage, which
/// FSDP2 pads. Placements say along which axis it is cut; the mesh of processes is parsed and not looked at.
struct TorchStateReader {
    typealias Reference = PickleTree.Reference

    let tree: PickleTree

    /// The tensors of a state dictionary, in its order.
    func tensors(of root: Reference) throws(TorchProblem) -> [(name: String, tensor: TorchTensor)] {
        guard let pairs = tree.pairs(root) else { throw .notAStateDictionary(tree.words(for: root)) }
        var found: [(name: String, tensor: TorchTensor)] = []
        var names: Set<String> = []
        for (key, value) in pairs {
            guard let name = tree.text(key) else { throw .notAStateDictionary("a key that is \(tree.words(for: key))") }
            guard name.utf8.count <= SafetensorsLimits.nameBytes else {
                throw .badPickle(.textTooLong(bytes: name.utf8.count))
            }
            guard names.insert(name).inserted else { throw .duplicateTensor(name) }
            found.append((name, try tensor(value, name)))
        }
        return found
    }

    /// - Parameter depth: how many wrappers of this tensor were opened; there are three kinds.
    func tensor(_ value: Reference, _ name: String, depth: Int = 0) throws(TorchProblem) -> TorchTensor {
        if case .object(let global, _, _) = tree[value], global.meaning == .shardedTensor {
            throw .shardedTensor(tensor: name)
        }
        guard depth < 4, case .call(let global, let reference) = tree[value],
            let arguments = tree.tuple(reference)
        else { throw .unexpected(tree.words(for: value), tensor: name) }
        switch global.meaning {
        case .tensor, .typedTensor:
            return TorchTensor(local: try strided(global, arguments, name), distribution: nil)
        case .parameter:
            guard let inner = arguments.first else { throw .unexpected("an empty parameter", tensor: name) }
            return try tensor(inner, name, depth: depth + 1)
        case .tensorSubclass: return try subclass(arguments, name, depth)
        default: throw .unexpected(global.name, tensor: name)
        }
    }

    // MARK: Views

    /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`; `_v3` has the type behind them.
    private func strided(
        _ global: PickleGlobal, _ arguments: [Reference], _ name: String
    ) throws(TorchProblem) -> StridedTensor {
        guard arguments.count >= 4, let offset = tree.integer(arguments[1]), offset >= 0,
            let shape = tree.sizes(arguments[2]), let strides = tree.sizes(arguments[3]),
            case .persistent(let place) = tree[arguments[0]], let storage = tree.tuple(place), storage.count == 5,
            tree.text(storage[0]) == "storage", case .global(let kind) = tree[storage[1]],
            let key = tree.text(storage[2]), let count = tree.integer(storage[4]), count >= 0
        else { throw .unexpected("a description of a tensor that torch does not write", tensor: name) }
        var type: StoredType?
        if case .storage(let stored) = kind.meaning, global.meaning == .tensor { type = stored }
        if kind.meaning == .untypedStorage, global.meaning == .typedTensor, arguments.count >= 7,
            case .global(let named) = tree[arguments[6]], case .type(let stored) = named.meaning
        {
            type = stored
        }
        guard let type else { throw .unexpected("numbers in \(kind.name)", tensor: name) }
        // An untyped storage counts bytes.
        let elements = kind.meaning == .untypedStorage ? count / (type.bitCount / 8) : count
        return try StridedTensor(
            name: name, storageKey: key, type: type, storageElements: elements, offset: offset, shape: shape,
            strides: strides)
    }

    // MARK: DTensors

    /// `_rebuild_from_type_v2(function, class, arguments, state)`.
    private func subclass(_ arguments: [Reference], _ name: String, _ depth: Int) throws(TorchProblem) -> TorchTensor {
        guard arguments.count == 4, case .global(let function) = tree[arguments[0]],
            case .global(let type) = tree[arguments[1]], let inner = tree.tuple(arguments[2])
        else { throw .unexpected("a subclass of Tensor", tensor: name) }
        switch (function.meaning, type.meaning) {
        case (.tensor, .plainTensor), (.typedTensor, .plainTensor):
            return TorchTensor(local: try strided(function, inner, name), distribution: nil)
        case (.parameter, .plainTensor):
            guard let first = inner.first else { throw .unexpected("an empty parameter", tensor: name) }
            return try tensor(first, name, depth: depth + 1)
        case (.wrappedTensor, .distributedTensor): return try distributed(inner, arguments[3], name, depth)
        default: throw .unexpected("\(type.name) made by \(function.name)", tensor: name)
        }
    }

    private func distributed(
        _ arguments: [Reference], _ state: Reference, _ name: String, _ depth: Int
    ) throws(TorchProblem) -> TorchTensor {
        // Slots come in a tuple behind what is empty or None.
        let members = tree.tuple(state)?.last ?? state
        guard arguments.count >= 3, let shape = tree.sizes(arguments[2]),
            let local = tree.member("_local_tensor", of: members), let spec = tree.member("_spec", of: members),
            case .object(let global, _, let state?) = tree[spec], global.meaning == .spec,
            let placements = tree.member("placements", of: state).flatMap({ tree.tuple($0) })
        else { throw .unexpected("a DTensor in a form that is not known", tensor: name) }
        _ = try StridedTensor.product(shape, name)
        let part = try tensor(local, name, depth: depth + 1)
        guard part.distribution == nil, part.local.shape.count == shape.count else {
            throw .unexpected("a DTensor whose local part is none", tensor: name)
        }
        var found: [TorchTensor.Placement] = []
        for placement in placements { found.append(try self.placement(placement, axes: shape.count, name)) }
        return TorchTensor(
            local: part.local, distribution: TorchTensor.Distribution(shape: shape, placements: found))
    }

    private func placement(
        _ value: Reference, axes: Int, _ name: String
    ) throws(TorchProblem) -> TorchTensor.Placement {
        let global: PickleGlobal
        let axis: Int?
        switch tree[value] {
        case .object(let made, _, let state):
            global = made
            axis = state.flatMap { tree.member("dim", of: $0) }.flatMap { tree.integer($0) }
        case .call(let made, let arguments):
            global = made
            axis = tree.tuple(arguments)?.first.flatMap { tree.integer($0) }
        default: throw .placement(tree.words(for: value), tensor: name)
        }
        switch global.meaning {
        case .replicate: return .replicate
        case .shard:
            guard let axis, (0..<axes).contains(axis) else {
                throw .placement("an axis that it does not have", tensor: name)
            }
            return .shard(axis: axis)
        default:
            throw .placement(
                "\(global.name) (expected Shard and Replicate; tensor parallelism beside FSDP is not read)",
                tensor: name)
        }
    }
}
