/// Partial least squares with one component of n rows on one response, followed by ordinary least squares of the
/// response on the score (method, section 3; the paper's appendix E).
///
/// Each feature is standardised to zero mean and unit variance (ddof 1); constant features are left alone. With
/// `w = X~^T y~ / |.|`, `z = X~ w` and loadings `p = X~^T z / (z^T z)` the inverse of the score is
/// `a = mean + std * (z* p)`. Since `std * X~ = X - mean`, that is a weighted sum of the rows,
/// `a = sum c_i x_i` with `c_i = 1/n + z* z_i / (z^T z)`, which is how it is kept here: n numbers and no loadings.
/// Same result as scikit-learn's `PLSRegression(n_components=1)` and `LinearRegression`.
struct PartialLeastSquares {
    /// `z`, one for each row; they add up to 0.
    let scores: [Double]
    /// `z^T z`, above 0.
    let energy: Double
    /// Of the regression of the response on the score; `slope` is not 0.
    let slope: Double
    let intercept: Double
    /// Share of the response's variance that the score explains, 0...1.
    let rSquared: Double

    enum Failure: Error {
        case constantResponse
        case scoreDoesNotFollowResponse
    }

    /// - Parameters:
    ///   - rows: n rows of the same number of features, n at least 3.
    ///   - response: n values.
    init(rows: [[Double]], response: [Double]) throws(Failure) {
        precondition(rows.count == response.count && rows.count >= 3, "A fit needs 3 rows, each with its response.")
        let count = Double(rows.count)
        let mean = response.reduce(0, +) / count
        let centred = response.map { $0 - mean }
        let variance = InnerProduct.of(centred, centred)
        guard variance > 0 else { throw .constantResponse }
        let scale = FeatureScale(of: rows)
        // X~^T y~ and X~ w, both without X~ itself: it is as large as all rows together.
        var weight = [Double](repeating: 0, count: rows[0].count)
        for (row, value) in zip(rows, centred) {
            for j in weight.indices { weight[j] += (row[j] - scale.means[j]) * value }
        }
        for j in weight.indices { weight[j] *= scale.inverses[j] }
        let norm = InnerProduct.of(weight, weight).squareRoot()
        guard norm > 0 else { throw .scoreDoesNotFollowResponse }
        for j in weight.indices { weight[j] *= scale.inverses[j] / norm }
        scores = rows.map { row in
            var score = 0.0
            for j in weight.indices { score += (row[j] - scale.means[j]) * weight[j] }
            return score
        }
        energy = InnerProduct.of(scores, scores)
        let covariance = InnerProduct.of(scores, centred)
        guard energy > 0, covariance != 0 else { throw .scoreDoesNotFollowResponse }
        slope = covariance / energy
        intercept = mean
        rSquared = min(1, covariance * covariance / (energy * variance))
    }

    /// Weights over the rows that give `a*` for the response `target`: `1/n + z* z_i / (z^T z)`.
    func weights(at target: Double) -> [Double] {
        let score = (target - intercept) / slope
        return scores.map { 1 / Double(scores.count) + score * $0 / energy }
    }

    /// Weights over the rows that give `da*/dy`.
    var slopeWeights: [Double] { scores.map { $0 / (slope * energy) } }
}

/// What brings each feature to zero mean and unit variance (ddof 1). Row after row, as they lie in memory; every feature's sums
/// are added in the order of the rows.
private struct FeatureScale {
    let means: [Double]
    /// 1 over the deviation; 0 for a constant feature, which becomes 0.
    let inverses: [Double]

    init(of rows: [[Double]]) {
        let count = Double(rows.count)
        var means = [Double](repeating: 0, count: rows[0].count)
        for row in rows {
            for j in means.indices { means[j] += row[j] }
        }
        for j in means.indices { means[j] /= count }
        var squares = [Double](repeating: 0, count: means.count)
        var varies = [Bool](repeating: false, count: means.count)
        let first = rows[0]
        for row in rows {
            for j in means.indices {
                squares[j] += (row[j] - means[j]) * (row[j] - means[j])
                if row[j] != first[j] { varies[j] = true }
            }
        }
        inverses = zip(squares, varies).map { $1 && $0 > 0 ? 1 / ($0 / (count - 1)).squareRoot() : 0 }
        self.means = means
    }
}
