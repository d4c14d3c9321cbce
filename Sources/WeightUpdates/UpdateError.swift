import Checkpoints
import LinearAlgebra
import Vocabulary

/// Why an update has no factor.
public enum UpdateError: Error, Equatable, CustomStringConvertible {
    /// `count` entries of the update are NaN or infinite (in single precision); the first is at `row`, `column`.
    case nonFinite(module: TensorName, count: Int, row: Int, column: Int)
    /// The caller asked to stop.
    case cancelled(module: TensorName)
    /// A small dense decomposition failed.
    case decomposition(module: TensorName, LinearAlgebraError)
    /// Its numbers, which are too many to be kept, could not be read again.
    case unreadable(module: TensorName, CheckpointError)

    public var description: String {
        switch self {
        case .nonFinite(let module, let count, let row, let column):
            "\(module) has no factor: \(count) of its weights \(count == 1 ? "is" : "are") NaN or infinite, the first "
                + "at row \(row), column \(column); the run has diverged or the checkpoint is damaged"
        case .cancelled(let module):
            "\(module) has no factor: the work was cancelled; it is done again at the next start"
        case .decomposition(let module, let cause):
            "\(module) has no factor: \(cause)"
        case .unreadable(let module, let cause):
            "\(module) has no factor: it could not be read again: \(cause)"
        }
    }
}
