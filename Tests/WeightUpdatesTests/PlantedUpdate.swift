import Checkpoints
import LinearAlgebra
import TestSupport
import Vocabulary

@testable import WeightUpdates

/// An update with known singular values, and the dense decomposition of what is left of it after rounding.
struct PlantedUpdate {
    let module: Module
    let base: TensorValues
    let checkpoint: TensorValues
    /// `checkpoint - base` as stored, in double precision.
    let dense: Matrix
    let exact: SmallSVD

    var update: UpdateMatrix { UpdateMatrix(module: module, base: base, checkpoint: checkpoint) }

    /// `sum_i values[i] u_i v_i^T` with random orthonormal u and v, on weights of the size of `weights`.
    init(
        rows: Int, columns: Int, values: [Double], base baseType: ElementType = .float32,
        checkpoint type: ElementType = .float32, weights: Double = 0, seed: UInt64 = 1
    ) throws {
        var random = NumericsGenerator(seed: seed)
        let left = try Self.orthonormal(rows, values.count, &random),
            right = try Self.orthonormal(columns, values.count, &random)
        let planted = left.scalingColumns(by: values).timesTransposed(right).transposed.elements
        let old = Self.stored((0..<rows * columns).map { _ in weights * random.normal() }, as: baseType)
        let new = Self.stored(zip(StoredElements(old).doubles, planted).map { $0 + $1 }, as: type)
        try self.init(rows: rows, columns: columns, base: old, checkpoint: new)
    }

    init(rows: Int, columns: Int, base: TensorValues, checkpoint: TensorValues) throws {
        module = Module(name: "planted", rows: rows, columns: columns)
        (self.base, self.checkpoint) = (base, checkpoint)
        let difference = zip(StoredElements(base).doubles, StoredElements(checkpoint).doubles).map { $1 - $0 }
        dense = Matrix(rows: columns, columns: rows, elements: difference).transposed
        exact = try SmallSVD(of: dense)
    }

    static func orthonormal(_ rows: Int, _ columns: Int, _ random: inout NumericsGenerator) throws -> Matrix {
        let qr = try QRFactorisation(of: Matrix(rows: rows, columns: columns, elements: random.normals(rows * columns)))
        return try qr.applyingQ(to: Matrix(diagonal: [Double](repeating: 1, count: columns)))
    }

    static func stored(_ values: [Double], as type: ElementType) -> TensorValues {
        let stored: StoredElementType =
            switch type {
            case .bfloat16: .bfloat16
            case .float16: .float16
            case .float32: .float32
            case .float64: .float64
            }
        return switch StoredElements(rounding: values, to: stored) {
        case .bfloat16(let bits): .bfloat16(bits)
        case .float16(let bits): .float16(bits)
        case .float32(let values): .float32(values)
        case .float64(let values): .float64(values)
        }
    }
}
