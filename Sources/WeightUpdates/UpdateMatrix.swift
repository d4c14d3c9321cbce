import Checkpoints
import LinearAlgebra
import Vocabulary

/// The update `D = checkpoint - base` of one module, `rows` x `columns`, which is never formed.
public struct UpdateMatrix: Sendable {
    public let module: Module
    let pass: FusedPass

    /// - Precondition: both hold `module.rows * module.columns` numbers, row-major; the types may differ.
    public init(module: Module, base: TensorValues, checkpoint: TensorValues) {
        self.module = module
        pass = FusedPass(
            rows: module.rows, columns: module.columns, base: StoredElements(base),
            checkpoint: StoredElements(checkpoint))
    }

    /// `<D, u v^T>` for each direction, whose scale is ignored: `u` and `v` are used exactly as stored.
    ///
    /// Accurate to 1e-6 of `||D||_F`. Cost: one pass over both matrices for all directions together.
    ///
    /// - Precondition: the vectors have the module's sizes.
    public func coordinates(along directions: [RankOneComponent]) -> [Double] {
        precondition(
            directions.allSatisfy { $0.left.count == module.rows && $0.right.count == module.columns },
            "Every direction for \(module.name) needs \(module.rows) and \(module.columns) numbers.")
        guard !directions.isEmpty else { return [] }
        let images = pass.forward(directions.flatMap(\.right), count: directions.count)
        return directions.enumerated().map { index, direction in
            zip(direction.left, images.column(index)).reduce(0) { $0 + Double($1.0) * $1.1 }
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
