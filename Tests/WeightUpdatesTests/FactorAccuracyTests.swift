import Checkpoints
import LinearAlgebra
import TestSupport
import Testing
import Vocabulary
import WeightUpdates

/// The kept triplets against a dense singular value decomposition in double precision of the very same update.
///
/// Singular values: the solver's own goal, 1e-5 relative. Directions: with residual r and relative gap g of theta to
/// the nearest other value, the sine of the angle is at most r / g (Davis and Kahan); `rounding` covers the products
/// in single precision, whose errors of about 1e-7 of the first pair weigh `(s_1 / s_i)^2` times as much in the i-th.
@Suite struct FactorAccuracyTests {
    static let rounding = 2e-6

    static func expectAgreement(
        _ factor: UpdateFactor, _ planted: PlantedUpdate, kept: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let values = planted.exact.values
        #expect(factor.triplets.count == kept, sourceLocation: sourceLocation)
        for (place, triplet) in factor.triplets.enumerated() {
            #expect(triplet.hasConverged, sourceLocation: sourceLocation)
            #expect(abs(triplet.sigma / values[place] - 1) <= 1e-5, "sigma \(place)", sourceLocation: sourceLocation)
            let theta = values[place] * values[place]
            let gap = values.indices.filter { $0 != place }.map { abs(theta - values[$0] * values[$0]) }.min() ?? theta
            let floor = rounding * values[0] * values[0] / theta
            let angle = sine(triplet.right, planted.exact.right.columns(place..<place + 1))
            #expect(angle <= triplet.residual * theta / gap + floor, "v \(place)", sourceLocation: sourceLocation)
            let leftAngle = sine(triplet.left, planted.exact.left.columns(place..<place + 1))
            let growth = values[0] / values[place]
            #expect(
                leftAngle <= growth * (triplet.residual * theta / gap + floor), "u \(place)",
                sourceLocation: sourceLocation)
        }
    }

    /// The part of a unit vector that is outside of the span of orthonormal columns.
    static func sine(_ vector: [Float], _ span: Matrix) -> Double {
        let column = Matrix(rows: vector.count, columns: [vector])
        return column.minus(span.times(span.transposedTimes(column))).columnNorms[0]
    }

    static let spectrum = [1, 0.7, 0.5, 0.35, 0.2, 0.1, 0.05]

    @Test(arguments: ElementType.allCases, ElementType.allCases)
    func everyPairOfTypesAgreesWithTheDenseDecomposition(base: ElementType, checkpoint: ElementType) throws {
        let planted = try PlantedUpdate(
            rows: 90, columns: 70, values: Self.spectrum, base: base, checkpoint: checkpoint, weights: 0.02)
        for rank in [1, 3, 4] {
            Self.expectAgreement(try UpdateFactoriser(rank: rank).factor(of: planted.update), planted, kept: rank)
        }
    }

    @Test(arguments: [
        (1, 1), (1, 50), (50, 1), (2, 2), (3, 5), (5, 3), (2, 600), (600, 2), (7, 7), (40, 300), (300, 40), (33, 530),
    ])
    func everyShapeAgreesWithTheDenseDecomposition(rows: Int, columns: Int) throws {
        let values = Array(Self.spectrum.prefix(min(rows, columns)))
        for seed in UInt64(1)...3 {
            let planted = try PlantedUpdate(rows: rows, columns: columns, values: values, weights: 0.01, seed: seed)
            for rank in [1, 4, 8] {
                let factor = try UpdateFactoriser(rank: rank).factor(of: planted.update)
                // The update's rounding to float32 is a spectrum of its own, of no interest here.
                Self.expectAgreement(factor, planted, kept: min(rank, values.count, factor.triplets.count))
                #expect(factor.triplets.count >= min(rank, values.count))
            }
        }
    }

    @Test func aTallAndAWideMatrixOverManyTilesAgree() throws {
        for (rows, columns) in [(1030, 260), (260, 1030)] {
            let planted = try PlantedUpdate(
                rows: rows, columns: columns, values: Self.spectrum + [0.04, 0.03, 0.02, 0.01], base: .bfloat16,
                checkpoint: .bfloat16, weights: 0.002)
            Self.expectAgreement(try UpdateFactoriser(rank: 4).factor(of: planted.update), planted, kept: 4)
        }
    }

    @Test func equalSingularValuesAreFoundAsASubspace() throws {
        let planted = try PlantedUpdate(rows: 80, columns: 60, values: [1, 1, 1, 0.3, 0.1])
        for rank in [1, 2, 3, 4] {
            let factor = try UpdateFactoriser(rank: rank).factor(of: planted.update)
            #expect(factor.triplets.count == rank)
            for triplet in factor.triplets.prefix(3) {
                #expect(triplet.hasConverged)
                #expect(abs(triplet.sigma - 1) <= 1e-5)
                // The gap of the three together to the fourth is 1 - 0.3^2.
                #expect(
                    Self.sine(triplet.right, planted.exact.right.columns(0..<3)) <= triplet.residual / 0.91
                        + Self.rounding)
                #expect(
                    Self.sine(triplet.left, planted.exact.left.columns(0..<3)) <= triplet.residual / 0.91
                        + Self.rounding)
            }
        }
    }

    /// Beside a first value, the products of the others are rounding at first sight: `(s_i / s_1)^2` is below 2^-24.
    @Test(arguments: [
        [1, 1e-1, 1e-2, 1e-3], [1, 1e-3, 0.9e-3, 0.8e-3, 0.7e-3], [1, 0.99, 1e-2, 0.8e-2],
    ])
    func smallValuesBesideALargeOneAreFoundToo(values: [Double]) throws {
        for (rows, columns) in [(60, 40), (40, 700)] {
            let planted = try PlantedUpdate(rows: rows, columns: columns, values: values)
            let factor = try UpdateFactoriser(rank: 4).factor(of: planted.update)
            #expect(factor.triplets.count == 4)
            for (triplet, exact) in zip(factor.triplets, planted.exact.values) {
                #expect(triplet.hasConverged)
                #expect(abs(triplet.sigma / exact - 1) <= 1e-5)
            }
        }
    }

    @Test func valuesNearTheRoundingOfTheFirstAreKeptAndSaySo() throws {
        let planted = try PlantedUpdate(rows: 60, columns: 40, values: [1, 1e-4, 0.9e-4, 0.8e-4])
        let factor = try UpdateFactoriser(rank: 4).factor(of: planted.update)
        #expect(factor.triplets.map(\.hasConverged) == [true, false, false, false])
        for (triplet, exact) in zip(factor.triplets, planted.exact.values) {
            #expect(abs(triplet.sigma / exact - 1) <= 1e-4)
        }
    }

    @Test(arguments: [1e-30, 1e-18, 1e18, 1e30]) func updatesOfAnySizeAgree(size: Double) throws {
        let planted = try PlantedUpdate(rows: 40, columns: 30, values: [1, 0.5, 0.25, 0.1].map { $0 * size })
        let factor = try UpdateFactoriser(rank: 3).factor(of: planted.update)
        Self.expectAgreement(factor, planted, kept: 3)
    }

    @Test func theLeftVectorIsTheImageOfTheRightOne() throws {
        let planted = try PlantedUpdate(
            rows: 90, columns: 70, values: Self.spectrum, base: .bfloat16, checkpoint: .bfloat16, weights: 0.02)
        for triplet in try UpdateFactoriser(rank: 4).factor(of: planted.update).triplets {
            let right = Matrix(rows: 70, columns: [triplet.right]), left = Matrix(rows: 90, columns: [triplet.left])
            #expect(abs(right.columnNorms[0] - 1) <= 1e-6)
            #expect(abs(left.columnNorms[0] - 1) <= 1e-6)
            let defect = planted.dense.times(right).minus(left.scalingColumns(by: [triplet.sigma]))
            #expect(defect.columnNorms[0] <= Self.rounding * planted.exact.values[0])
        }
    }
}
