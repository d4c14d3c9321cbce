import Vocabulary

/// The update of one module in the form in which a checkpoint holds it: the difference of two matrices, or a product of
/// two thin ones.
public protocol ObservedUpdate: Sendable {
    var module: Module { get }

    /// `<D, u v^T>` for each direction, whose scale is ignored: `u` and `v` are used exactly as stored. Directions of one
    /// origin are one group: where the right vector of one is a sum of others', that is found out and costs nothing.
    ///
    /// Throws `.unreadable` where the numbers have to be read and cannot.
    ///
    /// - Precondition: the vectors have the module's sizes.
    func coordinates(along groups: [[RankOneComponent]]) throws(UpdateError) -> [[Double]]

    /// The largest `factoriser.rank` triplets. `previous` is the last factor that is not zero.
    ///
    /// Throws `.nonFinite` where a weight is NaN or infinite, `.cancelled` where `isCancelled` says so, `.unreadable`.
    func factor(
        by factoriser: UpdateFactoriser, startingFrom previous: UpdateFactor?, isCancelled: () -> Bool
    ) throws(UpdateError) -> UpdateFactor
}

extension ObservedUpdate {
    /// The same for one group.
    public func coordinates(along directions: [RankOneComponent]) throws(UpdateError) -> [Double] {
        try coordinates(along: [directions]).flatMap { $0 }
    }
}

extension UpdateMatrix: ObservedUpdate {
    public func factor(
        by factoriser: UpdateFactoriser, startingFrom previous: UpdateFactor?, isCancelled: () -> Bool
    ) throws(UpdateError) -> UpdateFactor {
        try factoriser.factor(of: self, startingFrom: previous, isCancelled: isCancelled)
    }
}
