import Checkpoints
import Emission
import Foundation
import LinearAlgebra
import TestSupport
import Vocabulary

/// The fixture's run as an adapter: what is stored of each update, and the dense matrices that it stands for.
struct AdapterFixture {
    var emission: EmissionFixture
    let base: any TensorSource
    let latest: any TensorSource

    static let query: TensorName = "layers.0.q_proj.weight"
    static let mlp: TensorName = "layers.0.mlp.weight"

    init() throws {
        emission = try EmissionFixture()
        base = try CheckpointReader.open(directory: emission.folder.path("base"), caching: .keep)
        latest = try CheckpointReader.open(directory: emission.folder.path("run/checkpoint-120"))
    }

    func module(_ name: TensorName) throws -> Module {
        guard let shape = base.description(of: name)?.shape.dimensions else {
            throw CheckpointError.missingTensor(name, directory: base.directory)
        }
        return Module(name: name, rows: shape[0], columns: shape[1])
    }

    /// `D_n`, dense.
    func update(_ name: TensorName) throws -> Matrix {
        let module = try module(name)
        let difference = zip(try latest.read(name).doubles(), try base.read(name).doubles()).map { $0 - $1 }
        return Matrix(rows: module.columns, columns: module.rows, elements: difference).transposed
    }

    /// What the store would keep of `D_n`: its largest triplets, by LAPACK, and its norm.
    func factor(_ name: TensorName, rank: Int) throws -> UpdateFactor {
        let dense = try update(name)
        let svd = try SmallSVD(of: dense)
        let triplets = (0..<min(rank, svd.values.count)).map {
            SingularTriplet(
                sigma: svd.values[$0], left: svd.left.column($0).map { Float($0) },
                right: svd.right.column($0).map { Float($0) }, residual: 0, hasConverged: true)
        }
        return UpdateFactor(
            triplets: triplets, frobeniusNorm: Dense.square(dense).squareRoot(), baseNorm: 1, unchangedShare: 0,
            passes: 2)
    }

    func anchored(_ name: TensorName, rank: Int, measured: Bool = true) throws -> ModuleUpdate {
        let module = try module(name)
        let movement = emission.movement[name] ?? .zero
        let overlap = try Dense.inner(update(name), Dense.matrix(movement, module))
        return ModuleUpdate(
            module: module, observed: try factor(name, rank: rank), movement: movement,
            overlap: measured ? overlap : nil)
    }

    func request(_ updates: [ModuleUpdate], rank: Int, base: (any TensorSource)? = nil) -> AdapterRequest {
        AdapterRequest(
            provenance: emission.provenance(), updates: updates, rank: rank, base: base ?? self.base,
            anchorStep: TrainingStep(120), createdAt: Date(timeIntervalSince1970: 1_750_000_000))
    }

    func publish(_ updates: [ModuleUpdate], rank: Int) throws -> PublishedPrediction {
        try emission.builder().publish(request(updates, rank: rank))
    }

    /// `B A` of one module, from the published file, in double.
    func product(_ name: TensorName, in path: String) throws -> Matrix {
        let source = try CheckpointReader.open(file: path + "/adapter_model.safetensors")
        let stem = "base_model.model." + name.text.dropLast(".weight".count)
        func matrix(_ end: String) throws -> Matrix {
            let name = TensorName(stem + end)
            guard let shape = source.description(of: name)?.shape.dimensions else {
                throw CheckpointError.missingTensor(name, directory: path)
            }
            return Matrix(rows: shape[1], columns: shape[0], elements: try source.read(name).doubles()).transposed
        }
        return Dense.product(try matrix(".lora_B.weight"), try matrix(".lora_A.weight"))
    }
}

/// Plain dense arithmetic.
enum Dense {
    static func inner(_ left: Matrix, _ right: Matrix) -> Double {
        zip(left.elements, right.elements).reduce(0) { $0 + $1.0 * $1.1 }
    }

    static func square(_ matrix: Matrix) -> Double { inner(matrix, matrix) }

    static func sum(_ left: Matrix, _ right: Matrix, times factor: Double = 1) -> Matrix {
        Matrix(
            rows: left.rows, columns: left.columns,
            elements: zip(left.elements, right.elements).map { $0 + factor * $1 })
    }

    static func product(_ left: Matrix, _ right: Matrix) -> Matrix {
        var result = Matrix(zeros: left.rows, right.columns)
        for row in 0..<left.rows {
            for column in 0..<right.columns {
                result[row, column] = (0..<left.columns).reduce(0) { $0 + left[row, $1] * right[$1, column] }
            }
        }
        return result
    }

    static func matrix(_ low: LowRankMatrix, _ module: Module) -> Matrix {
        var result = Matrix(zeros: module.rows, module.columns)
        for component in low.components {
            for row in 0..<module.rows {
                for column in 0..<module.columns {
                    result[row, column] +=
                        component.scale * Double(component.left[row]) * Double(component.right[column])
                }
            }
        }
        return result
    }

    /// Eckart and Young by a decomposition of the dense matrix.
    static func best(_ matrix: Matrix, rank: Int) throws -> Matrix {
        let svd = try SmallSVD(of: matrix)
        let rank = min(rank, svd.values.count)
        let kept = svd.left.columns(0..<rank).scalingColumns(by: Array(svd.values.prefix(rank)))
        return product(kept, svd.right.columns(0..<rank).transposed)
    }
}
