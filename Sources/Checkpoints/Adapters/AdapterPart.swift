import Files
import Synchronization
import Vocabulary

/// What an adapter adds to one matrix of the base: `scale B A`, or `scale (B A)^T` where the base stores that weight the
/// other way round.
public struct AdapterPart: Sendable {
    public let module: Module
    public let scale: Double
    /// r, 1...: columns of `b` and rows of `a`.
    public let innerRank: Int
    let down: TensorDescription
    let up: TensorDescription
    /// The base has `[in, out]`.
    let isSwapped: Bool
    /// Of a stack of experts, which one and how many there are; 0 and 1 for any other.
    let expert: Int
    let expertCount: Int
    /// The rows of B that belong to this matrix: all, or the half of `gate_up_proj` that is the gate.
    let upRows: Range<Int>

    public var elementType: ElementType { down.elementType }
    /// Of the matrices that are this module's own.
    public var byteCount: Int {
        innerRank * (down.shape.dimensions[1] * down.elementType.byteCount + upRows.count * up.elementType.byteCount)
    }

    /// The update is `scale * b a`: `b` is `module.rows` x `innerRank` and `a` is `innerRank` x `module.columns`, both
    /// row-major.
    public struct Factors: Hashable, Sendable {
        public let b: TensorValues
        public let a: TensorValues

        /// Of both matrices' bytes, in the order of `module`.
        public var contentHash: ContentHash {
            var hasher = ContentHasher()
            for hash in [b.contentHash, a.contentHash] { hasher.update(Array(hash.description.utf8)) }
            return hasher.finalize()
        }
    }

    /// - Parameter stacks: keeps the B of a stack of experts from being read once for each of them.
    func factors(from source: any TensorSource, _ stacks: StackCache) throws(CheckpointError) -> Factors {
        let a = try source.readRows(down.name, expert * innerRank..<(expert + 1) * innerRank)
        let b: TensorValues
        if expertCount == 1, upRows == 0..<up.shape.dimensions[0] {
            b = try source.read(up.name)
        } else {
            b = .float64(ownColumns(of: try stacks.values(of: up.name, from: source)))
        }
        guard isSwapped else { return Factors(b: b, a: a) }
        return Factors(
            b: .float64(Self.transposed(a.doubles(), rows: innerRank)),
            a: .float64(Self.transposed(b.doubles(), rows: upRows.count)))
    }

    /// Of B, seen as `[out, r, experts]`, what belongs to this expert and these rows. Source: PEFT 0.21.2, `ParamWrapper`.
    private func ownColumns(of stack: [Double]) -> [Double] {
        let stride = innerRank * expertCount
        var result: [Double] = []
        result.reserveCapacity(upRows.count * innerRank)
        for row in upRows {
            for inner in 0..<innerRank { result.append(stack[row * stride + inner * expertCount + expert]) }
        }
        return result
    }

    private static func transposed(_ values: [Double], rows: Int) -> [Double] {
        let columns = values.count / rows
        var result = [Double](repeating: 0, count: values.count)
        for row in 0..<rows {
            for column in 0..<columns { result[column * rows + row] = values[row * columns + column] }
        }
        return result
    }
}

/// The stacked B matrices that were read last: each holds some columns of every expert of a layer, whose modules are
/// worked on one after the other.
final class StackCache: Sendable {
    /// As many as threads may be at work on neighbouring layers.
    private static let capacity = 4

    private let kept = Mutex<[(name: TensorName, values: [Double])]>([])

    func values(of name: TensorName, from source: any TensorSource) throws(CheckpointError) -> [Double] {
        let known = kept.withLock { kept in kept.first { $0.name == name }?.values }
        if let known { return known }
        let values = try source.read(name).doubles()
        kept.withLock { kept in
            guard !kept.contains(where: { $0.name == name }) else { return }
            kept = kept.suffix(Self.capacity - 1) + [(name, values)]
        }
        return values
    }
}
