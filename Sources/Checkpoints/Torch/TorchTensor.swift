/// A tensor as `torch.save` describes it: a view of a storage, by size, stride and offset.
struct StridedTensor: Hashable, Sendable {
    /// The member `data/KEY` of the archive.
    let storageKey: String
    let type: StoredType
    /// Of the storage, in numbers of `type`.
    let storageElements: Int
    /// Of the first number, in numbers from the beginning of the storage; strides alike.
    let offset: Int
    let shape: [Int]
    let strides: [Int]

    var elementCount: Int { shape.reduce(1, *) }

    /// Checks that every number lies in the storage, so that nothing is read, and no memory taken, beyond it.
    init(
        name: String, storageKey: String, type: StoredType, storageElements: Int, offset: Int, shape: [Int],
        strides: [Int]
    ) throws(TorchProblem) {
        guard shape.count <= TorchLimits.dimensions else { throw .tooManyDimensions(shape.count, tensor: name) }
        guard shape.count == strides.count else {
            throw .unexpected("it has \(shape.count) axes and \(strides.count) strides", tensor: name)
        }
        let count = try Self.product(shape, name)
        if count > 0 {
            var last = offset
            for (size, stride) in zip(shape, strides) {
                let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
                let (sum, beyond) = last.addingReportingOverflow(reach)
                guard !overflow, !beyond else { throw .sizeOverflow(tensor: name) }
                last = sum
            }
            guard last < storageElements else {
                throw .beyondStorage(tensor: name, last: last, elements: storageElements)
            }
            guard count <= storageElements else {
                throw .largerThanStorage(tensor: name, elements: count, storage: storageElements)
            }
        }
        self.storageKey = storageKey
        self.type = type
        self.storageElements = storageElements
        self.offset = offset
        self.shape = shape
        self.strides = strides
    }

    /// The number of elements. A dimension of 0 must not hide that the others are too large.
    static func product(_ shape: [Int], _ name: String) throws(TorchProblem) -> Int {
        var product = 8  // bytes of the largest number
        for size in shape where size > 0 {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard !overflow else { throw .sizeOverflow(tensor: name) }
            product = next
        }
        return shape.contains(0) ? 0 : product / 8
    }
}

/// A value of a state dictionary: a tensor, or this rank's part of one.
struct TorchTensor: Hashable, Sendable {
    /// How a DTensor lies on the axes of its mesh of processes.
    enum Placement: Hashable, Sendable {
        case replicate
        case shard(axis: Int)
    }

    struct Distribution: Hashable, Sendable {
        /// Of the whole tensor.
        let shape: [Int]
        let placements: [Placement]
    }

    let local: StridedTensor
    /// Nil for a plain tensor, which is whole.
    let distribution: Distribution?
}
