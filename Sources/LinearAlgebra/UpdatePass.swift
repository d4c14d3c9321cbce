/// Sweeps over an update `D = checkpoint - base` of `rows` x `columns`, in whatever form it is held. One thread; the same bits
/// every time on one instruction set.
public protocol UpdatePass<Failure>: Sendable {
    associatedtype Failure: Error

    var rows: Int { get }
    var columns: Int { get }

    /// `scale * D X` and `scale^2 * D^T D X`, with the census where it is asked for, which is not scaled.
    ///
    /// `directions`: X, its columns one after the other, `count` of them with `columns` floats each.
    func products(
        with directions: [Float], count: Int, scale: Float, takingCensus: Bool
    ) throws(Failure) -> FusedPass.Products

    /// `D X` alone, rows x count.
    func forward(_ directions: [Float], count: Int) throws(Failure) -> Matrix

    func census() throws(Failure) -> UpdateCensus
}
