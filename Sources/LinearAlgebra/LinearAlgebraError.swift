/// What can go wrong in dense linear algebra with correct arguments.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
    /// LAPACK's iteration ended without a result; `info` is its code, above 0.
    case didNotConverge(operation: String, rows: Int, columns: Int, info: Int)
    /// The input has an entry that is NaN or infinite.
    case notFinite(operation: String, rows: Int, columns: Int)

    public var description: String {
        switch self {
        case .didNotConverge(let operation, let rows, let columns, let info):
            "\(operation) of a \(rows) x \(columns) matrix failed: LAPACK did not converge (info \(info)); "
                + "please report it with the checkpoint's name"
        case .notFinite(let operation, let rows, let columns):
            "\(operation) of a \(rows) x \(columns) matrix failed: an entry is NaN or infinite; "
                + "check the weights that it was computed from"
        }
    }
}
