import Testing

@testable import Forecasting

@Suite struct PartialLeastSquaresTests {
    /// Plain numbers, constant features, a zero row, more features than rows.
    @Test func smallRegressionsAgreeWithScikitLearn() throws {
        let cases = try ForecastingFixture.load().pls
        #expect(cases.map(\.kind) == ["plain", "constant", "zero", "wide"])
        for expected in cases {
            let fit = try PartialLeastSquares(rows: expected.rows, response: expected.response)
            #expect(abs(fit.rSquared - expected.rSquared) < 1e-10, "\(expected.kind)")
            let weights = fit.weights(at: expected.target)
            for (j, value) in expected.atTarget.enumerated() {
                let found = zip(weights, expected.rows).reduce(0) { $0 + $1.0 * $1.1[j] }
                #expect(abs(found - value) < 1e-9 * max(1, abs(value)), "\(expected.kind), feature \(j)")
            }
        }
    }

    /// One feature: the score is the standardised feature, and the inverse is the plain regression line.
    @Test func oneFeatureIsTheOrdinaryLine() throws {
        let rows = [[1.0], [3], [4], [8]]
        let fit = try PartialLeastSquares(rows: rows, response: [1, 2, 3, 5])
        // Mean 4, deviations -3 -1 0 4; response deviations -1.75 -0.75 0.25 2.25: y = 2.75 + 15/26 (x - 4).
        let weights = fit.weights(at: 2.75 + 15.0 / 26 * 2)
        #expect(abs(weights.reduce(0, +) - 1) < 1e-12)
        #expect(abs(zip(weights, rows).reduce(0) { $0 + $1.0 * $1.1[0] } - 6) < 1e-12)
        #expect(abs(fit.rSquared - 15.0 * 15 / 26 / 8.75) < 1e-12)
    }

    /// Constant features are left alone: they come back as they were, and do not disturb the others, even where their
    /// mean is not exact in binary.
    @Test func constantFeaturesComeBackUnchanged() throws {
        let varying = [[1.0, 2], [3, 1], [4, 5], [8, 6]]
        let plain = try PartialLeastSquares(rows: varying, response: [1, 2, 3, 5])
        let padded = try PartialLeastSquares(rows: varying.map { $0 + [0.1, 0] }, response: [1, 2, 3, 5])
        #expect(plain.weights(at: 9) == padded.weights(at: 9))
        #expect(abs(padded.weights(at: 9).reduce(0) { $0 + $1 * 0.1 } - 0.1) < 1e-12)
    }

    @Test func slopeWeightsAreTheDerivative() throws {
        let fit = try PartialLeastSquares(rows: [[1, 5], [2, 3], [4, 4], [5, 1]], response: [10, 20, 30, 40])
        let (near, far) = (fit.weights(at: 50), fit.weights(at: 90))
        for (i, slope) in fit.slopeWeights.enumerated() { #expect(abs((far[i] - near[i]) / 40 - slope) < 1e-12) }
    }

    @Test func nothingToFitIsRefused() {
        #expect(throws: PartialLeastSquares.Failure.constantResponse) {
            try PartialLeastSquares(rows: [[1], [2], [3]], response: [7, 7, 7])
        }
        #expect(throws: PartialLeastSquares.Failure.scoreDoesNotFollowResponse) {
            try PartialLeastSquares(rows: [[1], [1], [1]], response: [1, 2, 3])
        }
        #expect(throws: PartialLeastSquares.Failure.scoreDoesNotFollowResponse) {
            try PartialLeastSquares(rows: [[1], [0], [1]], response: [1, 2, 3])
        }
    }
}
