import Vocabulary

/// Why a sum of low-rank matrices has no answer.
enum LowRankSumError: Error {
    case notFinite
    case didNotConverge(String)
}

/// Weighted sums of low-rank matrices, cut back to a low rank: QR of the stacked factors and a small SVD, so that the
/// m x n matrix is never formed. Double precision inside; unit vectors are rounded to float32 at the end.
enum LowRankSum {
    /// The best rank-`rank` approximation of `sum weight * matrix`, largest component first. Components at rounding
    /// level, below 1e-12 of the largest, are left out. Cost: O((m + n) r^2) for r components in all.
    static func truncate(
        _ terms: [(weight: Double, matrix: LowRankMatrix)], rank: Int
    ) throws(LowRankSumError) -> LowRankMatrix {
        let stacked = terms.flatMap { term in term.matrix.scaled(by: term.weight).components }.filter { $0.scale != 0 }
        guard !stacked.isEmpty else { return .zero }
        guard stacked.allSatisfy({ $0.scale.isFinite }) else { throw .notFinite }
        let left = OrthonormalBasis(of: stacked.map { $0.left.map(Double.init) })
        let right = OrthonormalBasis(of: stacked.map { $0.right.map(Double.init) })
        let core = core(stacked.map(\.scale), left.coefficients, right.coefficients)
        guard core.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw .notFinite }
        guard let svd = JacobiSVD(columns: core) else { throw .didNotConverge("one-sided Jacobi, 60 sweeps") }
        let kept = svd.values.prefix(rank).filter { $0 > 1e-12 * svd.values[0] }
        return LowRankMatrix(
            kept.indices.map { k in
                RankOneComponent(
                    scale: kept[k], left: left.combine(svd.left[k]).map(Float.init),
                    right: right.combine(svd.right[k]).map(Float.init))
            })
    }

    /// `R_u diag(s) R_v^T` as columns.
    private static func core(_ scales: [Double], _ left: [[Double]], _ right: [[Double]]) -> [[Double]] {
        let rows = left.first?.count ?? 0
        var core = [[Double]](repeating: [Double](repeating: 0, count: rows), count: right.first?.count ?? 0)
        for (k, scale) in scales.enumerated() {
            for j in core.indices {
                let weight = scale * right[k][j]
                for i in 0..<rows { core[j][i] += weight * left[k][i] }
            }
        }
        return core
    }
}

/// An orthonormal basis of some vectors, and each vector in it. Gram-Schmidt, twice over.
struct OrthonormalBasis {
    private(set) var vectors: [[Double]] = []
    /// `coefficients[i][k] = <vector i, basis k>`.
    private(set) var coefficients: [[Double]] = []

    init(of given: [[Double]]) {
        for vector in given {
            var rest = vector
            var inBasis = [Double](repeating: 0, count: vectors.count)
            for _ in 0..<2 {
                for (k, basis) in vectors.enumerated() {
                    let share = dot(rest, basis)
                    inBasis[k] += share
                    for i in rest.indices { rest[i] -= share * basis[i] }
                }
            }
            let norm = dot(rest, rest).squareRoot()
            if norm > 1e-14 * dot(vector, vector).squareRoot() {
                vectors.append(rest.map { $0 / norm })
                inBasis.append(norm)
            }
            coefficients.append(inBasis)
        }
        for i in coefficients.indices {
            coefficients[i] += [Double](repeating: 0, count: vectors.count - coefficients[i].count)
        }
    }

    /// `sum_k weights[k] * basis k`.
    func combine(_ weights: [Double]) -> [Double] {
        var sum = [Double](repeating: 0, count: vectors.first?.count ?? 0)
        for (weight, vector) in zip(weights, vectors) {
            for i in sum.indices { sum[i] += weight * vector[i] }
        }
        return sum
    }
}

func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
}

/// The singular value decomposition of a small matrix by one-sided Jacobi rotations; accurate to rounding for every
/// singular value.
struct JacobiSVD {
    /// Falling.
    let values: [Double]
    let left: [[Double]]
    let right: [[Double]]

    /// Nil where 60 sweeps do not make the columns orthogonal.
    init?(columns: [[Double]]) {
        var a = columns
        var v = columns.indices.map { i in columns.indices.map { $0 == i ? 1.0 : 0.0 } }
        var sweeps = 0
        while Self.sweep(&a, &v) {
            sweeps += 1
            if sweeps == 60 { return nil }
        }
        let norms = a.map { dot($0, $0).squareRoot() }
        let order = norms.indices.sorted { norms[$0] != norms[$1] ? norms[$0] > norms[$1] : $0 < $1 }
        values = order.map { norms[$0] }
        left = order.map { k in norms[k] > 0 ? a[k].map { $0 / norms[k] } : a[k] }
        right = order.map { v[$0] }
    }

    /// Rotates every pair of columns once; whether any pair was not orthogonal yet.
    private static func sweep(_ a: inout [[Double]], _ v: inout [[Double]]) -> Bool {
        var rotated = false
        for p in a.indices {
            for q in a.indices.dropFirst(p + 1) {
                let (pp, qq, pq) = (dot(a[p], a[p]), dot(a[q], a[q]), dot(a[p], a[q]))
                guard abs(pq) > 1e-15 * (pp * qq).squareRoot(), pq != 0 else { continue }
                rotated = true
                let zeta = (qq - pp) / (2 * pq)
                let t = (zeta >= 0 ? 1 : -1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
                let c = 1 / (1 + t * t).squareRoot()
                rotate(&a, p, q, c, c * t)
                rotate(&v, p, q, c, c * t)
            }
        }
        return rotated
    }

    private static func rotate(_ m: inout [[Double]], _ p: Int, _ q: Int, _ c: Double, _ s: Double) {
        for i in m[p].indices {
            let (x, y) = (m[p][i], m[q][i])
            m[p][i] = c * x - s * y
            m[q][i] = s * x + c * y
        }
    }
}
