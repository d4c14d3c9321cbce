import Checkpoints
import LinearAlgebra
import Vocabulary

/// The update `D = checkpoint - base` of one module, `rows` x `columns`, which is never formed.
public struct UpdateMatrix: Sendable {
    public let module: Module
    let pass: FusedPass
    /// Bit for bit the base: found out at the first difference, which is early in a weight that was trained.
    let isUnchanged: Bool

    /// - Precondition: both hold `module.rows * module.columns` numbers, row-major; the types may differ.
    public init(module: Module, base: TensorValues, checkpoint: TensorValues) {
        self.module = module
        pass = FusedPass(
            rows: module.rows, columns: module.columns, base: StoredElements(base),
            checkpoint: StoredElements(checkpoint))
        isUnchanged = base.isIdentical(to: checkpoint)
    }

    /// `<D, u v^T>` for each direction, whose scale is ignored: `u` and `v` are used exactly as stored.
    ///
    /// Accurate to 1e-6 of `||D||_F`. Cost: one pass over both matrices for all directions together, with a column for each
    /// different `v`; none for a weight that is the base's.
    ///
    /// - Precondition: the vectors have the module's sizes.
    public func coordinates(along directions: [RankOneComponent]) -> [Double] {
        precondition(
            directions.allSatisfy { $0.left.count == module.rows && $0.right.count == module.columns },
            "Every direction for \(module.name) needs \(module.rows) and \(module.columns) numbers.")
        guard !directions.isEmpty, !isUnchanged else { return directions.map { _ in 0 } }
        let (rights, places) = DistinctVectors.among(directions.map(\.right))
        let images = pass.forward(rights.flatMap { $0 }, count: rights.count)
        return zip(directions, places).map { direction, place in
            zip(direction.left, images.column(place)).reduce(0) { $0 + Double($1.0) * $1.1 }
        }
    }

    /// Throws `.nonFinite` with the position of the first entry that is not finite.
    func checkFinite(_ census: UpdateCensus) throws(UpdateError) {
        guard let first = census.firstNonFinite else { return }
        throw .nonFinite(
            module: module.name, count: census.nonFiniteCount, row: first / module.columns,
            column: first % module.columns)
    }
}

/// Several models move along the last checkpoint's own `v`: its image is computed once.
enum DistinctVectors {
    /// The different ones in their order, and for each vector the place of its equal.
    static func among(_ vectors: [[Float]]) -> (distinct: [[Float]], places: [Int]) {
        var distinct: [[Float]] = []
        var places: [Int] = []
        for vector in vectors {
            let known = distinct.firstIndex { $0.prefix(8) == vector.prefix(8) && $0 == vector }
            places.append(known ?? distinct.count)
            if known == nil { distinct.append(vector) }
        }
        return (distinct, places)
    }
}

extension StoredElements {
    /// The same numbers in the same storage.
    init(_ values: TensorValues) {
        switch values {
        case .bfloat16(let bits): self = .bfloat16(bits)
        case .float16(let bits): self = .float16(bits)
        case .float32(let numbers): self = .float32(numbers)
        case .float64(let numbers): self = .float64(numbers)
        }
    }
}
