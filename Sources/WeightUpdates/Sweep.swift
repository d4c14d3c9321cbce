import LinearAlgebra
import Vocabulary

/// The passes over one update: how many there were, the newest one's products and what the first one counted.
struct Sweep {
    private let update: UpdateMatrix
    private let census: UpdateCensus
    /// A power of two that brings D to a size whose squares single precision can hold.
    private let scale: Float
    private(set) var products: FusedPass.Products
    private(set) var passes = 1

    /// The first pass, with the census. Throws `.cancelled` before it and `.nonFinite` after it, `.unreadable` meanwhile.
    init(over update: UpdateMatrix, first block: Matrix, isCancelled: () -> Bool) throws(UpdateError) {
        guard !isCancelled() else { throw .cancelled(module: update.module.name) }
        self.update = update
        products = try update.pass.products(with: block.floats, count: block.columns, scale: 1, takingCensus: true)
        guard let census = products.census else { preconditionFailure("The first pass takes the census.") }
        try update.checkFinite(census)
        self.census = census
        scale = Sweep.scale(for: census.updateSquare.squareRoot())
        if scale != 1, !isZero { try advance(with: block, isCancelled: isCancelled) }
    }

    /// Updates of an ordinary size are left as they are; others are brought near to 1.
    private static func scale(for norm: Double) -> Float {
        guard norm > 0, !(0x1p-40...0x1p40).contains(norm) else { return 1 }
        return Float(sign: .plus, exponent: max(-126, min(126, -Int(norm.exponent))), significand: 1)
    }

    mutating func advance(with block: Matrix, isCancelled: () -> Bool) throws(UpdateError) {
        guard !isCancelled() else { throw .cancelled(module: update.module.name) }
        products = try update.pass.products(with: block.floats, count: block.columns, scale: scale, takingCensus: false)
        passes += 1
    }

    var isZero: Bool { census.updateSquare == 0 }

    private var frobeniusNorm: Double { census.updateSquare.squareRoot() }

    /// The singular value without the scale. No singular value exceeds the Frobenius norm, which is known to double
    /// precision; where D has rank 1 they are equal, and rounding must not put the energy share above 1.
    func bounded(_ sigma: Double) -> Double { min(sigma / Double(scale), frobeniusNorm) }

    func factor(_ triplets: [SingularTriplet]) -> UpdateFactor {
        let entries = Double(update.module.rows) * Double(update.module.columns)
        return UpdateFactor(
            triplets: triplets, frobeniusNorm: frobeniusNorm, baseNorm: census.baseSquare.squareRoot(),
            unchangedShare: Double(census.identicalCount) / entries, passes: passes)
    }
}
