import Foundation
import Vocabulary

@testable import Forecasting

/// The numbers that Tests/Reference/reference.py committed.
enum ReferenceFiles {
    static func load<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(contentsOf: folder.appending(path: "Reference/\(name)")))
    }

    /// As `pseudo_random` in reference.py.
    static func pseudoRandom(_ count: Int, seed: UInt64) -> [Double] {
        var x = seed
        return (0..<count).map { _ in
            x = 6_364_136_223_846_793_005 &* x &+ 1_442_695_040_888_963_407
            return Double(x >> 40) / 16_777_216 - 0.5
        }
    }
}

extension LowRankMatrix {
    /// `x^T M y` with the pseudo-random vectors of seeds 1 and 2.
    var projection: Double {
        components.reduce(0) { sum, component in
            let x = ReferenceFiles.pseudoRandom(component.left.count, seed: 1)
            let y = ReferenceFiles.pseudoRandom(component.right.count, seed: 2)
            return sum + component.scale * InnerProduct.of(component.left.map(Double.init), x)
                * InnerProduct.of(component.right.map(Double.init), y)
        }
    }
}

/// forecasting.json: factors of one module, and what numpy and scikit-learn make of them.
struct ForecastingFixture: Decodable {
    struct Factor: Decodable {
        let step: Int
        let sigma: [Double]
        let frobeniusNorm: Double
        let left: [[Float]]
        let right: [[Float]]
    }

    struct Slope: Decodable {
        let checkpoints: Int
        let model: ModelName
        let rank: Int
        let sigma: [Double]
        let projection: Double
    }

    struct AlphaRL: Decodable {
        let checkpoints: Int
        let target: Int
        let rSquared: Double
        let norm: Double
        let projection: Double
        let slopeNorm: Double
        let slopeProjection: Double
    }

    struct Regression: Decodable {
        let kind: String
        let rows: [[Double]]
        let response: [Double]
        let target: Double
        let atTarget: [Double]
        let rSquared: Double
    }

    let module: TensorName
    let rows: Int
    let columns: Int
    let factors: [Factor]
    let slopes: [Slope]
    let alphaRl: [AlphaRL]
    let pls: [Regression]

    static func load() throws -> ForecastingFixture { try ReferenceFiles.load("forecasting.json", as: Self.self) }

    /// The trajectory of the first checkpoints.
    func trajectory(_ checkpoints: Int) -> ModuleTrajectory {
        ModuleTrajectory(
            module: Module(name: module, rows: rows, columns: columns),
            observations: factors.prefix(checkpoints).map { factor in
                let triplets = factor.sigma.indices.map { k in
                    SingularTriplet(
                        sigma: factor.sigma[k], left: factor.left[k], right: factor.right[k], residual: 0,
                        hasConverged: true)
                }
                return Observation(
                    step: TrainingStep(factor.step),
                    factor: UpdateFactor(
                        triplets: triplets, frobeniusNorm: factor.frobeniusNorm, baseNorm: 1, unchangedShare: 0,
                        passes: 1))
            })
    }
}

/// reference.json: the example run by numpy and scikit-learn.
struct RunReference: Decodable {
    struct Pair: Decodable {
        let origin: Int
        let target: Int
        let ratio: Double
        let realised: Double?
        let skill: Double?
        let sums: [Double]

        var pair: BacktestPair {
            BacktestPair(
                model: "tangent", rank: 1, origin: TrainingStep(origin), target: TrainingStep(target),
                sums: BacktestSums(
                    actualSquared: sums[0], actualPredicted: sums[1], predictedSquared: sums[2], errorSquared: sums[3]))
        }
    }

    struct Row: Decodable {
        let ratio: Double
        let confidence: Double
        let skill: Double?
        let realised: Double?
        let origins: [Int]
    }

    struct Confidence: Decodable {
        let allOrigins: [[Row]]
        let thinned: [[Row]]
        let emissions: [[Double]]
        let emissionsThinned: [[Double]]
    }

    struct Factor: Decodable {
        let module: TensorName
        let step: Int
        let sigma: [Double]
        let frobeniusNorm: Double
        let baseNorm: Double
        let energyShare: Double
        let unchangedShare: Double
        let projections: [Double]
    }

    struct Slope: Decodable {
        let module: TensorName
        let checkpoints: Int
        let model: ModelName
        let rank: Int
        let sigma: [Double]
        let projection: Double
    }

    struct AlphaRL: Decodable {
        let module: TensorName
        let checkpoints: Int
        let rSquared: Double
        let slopeNorm: Double
        let slopeProjection: Double
    }

    let steps: [Int]
    let modules: [TensorName]
    let factors: [Factor]
    let slopes: [Slope]
    let alphaRl: [AlphaRL]
    let pairsRank1: [Pair]
    let pairsRank4: [Pair]
    let confidenceRank1: Confidence
    let confidenceRank4: Confidence

    static func load() throws -> RunReference { try ReferenceFiles.load("reference.json", as: Self.self) }
}
