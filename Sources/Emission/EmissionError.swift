import Checkpoints
import Files
import Vocabulary

/// Why a prediction could not be written. `description` is one line: what failed: why (got, expected); what to do.
public enum EmissionError: Error, Hashable, Sendable, CustomStringConvertible {
    case checkpoint(CheckpointError)
    case file(FileError)
    case insideWatchedTree(directory: String, watched: String)
    /// Bytes.
    case notEnoughSpace(directory: String, needed: Int64, available: Int64)
    case noConfiguration(folders: [String])
    case badConfiguration(file: String, JSONProblem)
    /// A folder of the prediction's name that is not this prediction.
    case alreadyThere(path: String, reason: String)
    case wrongShape(TensorName, left: Int, right: Int, shape: TensorShape)
    /// The shapes of one tensor in the two checkpoints that are combined.
    case differentShapes(TensorName, TensorShape, TensorShape)
    /// A predicted weight is infinite or no number; row and column from 0.
    case notFinite(TensorName, row: Int, column: Int, type: ElementType)
    /// A tracked tensor that the adapter form has no name for.
    case notAdaptable(TensorName, reason: String)
    case decomposition(TensorName, reason: String)
    case badProvenance(reason: String)

    public var isFull: Bool {
        switch self {
        case .notEnoughSpace: true
        case .file(let error), .checkpoint(.file(let error)): error.isFull
        default: false
        }
    }

    /// Whether the same call may succeed later: a disk that was full, a file server that was away, rights that were set.
    public var mayPass: Bool {
        switch self {
        case .notEnoughSpace: true
        case .file(let error): error.mayPass
        case .checkpoint(let error): error.severity != .unusable
        default: false
        }
    }

    /// A checkpoint that it needs was removed by the trainer.
    public var isVanished: Bool {
        if case .checkpoint(let error) = self { return error.isVanished }
        return false
    }

    public var description: String {
        switch self {
        case .checkpoint(let error): error.description
        case .file(let error): error.description
        case .insideWatchedTree(let directory, let watched):
            "refused to emit into \(directory): it lies in the watched directory \(watched), where files of others disturb the "
                + "trainer's rotation and resume; set emit.directory to a place outside"
        case .notEnoughSpace(let directory, let needed, let available):
            "cannot write a prediction to \(directory): not enough free space (got \(available) bytes, expected \(needed)); "
                + "free space, lower emit.keep, or set emit.directory to another disk"
        case .noConfiguration(let folders):
            "cannot write a prediction that loads: no config.json found (got none in \(folders.joined(separator: ", ")), expected "
                + "one); put the model's config.json and tokenizer into the base's folder"
        case .badConfiguration(let file, let problem): "cannot use \(file): \(problem); restore it from the base model"
        case .alreadyThere(let path, let reason):
            "cannot publish \(path): something else is there already (\(reason)); move it away"
        case .wrongShape(let name, let left, let right, let shape):
            "cannot move the tensor \(name.text.debugDescription): the prediction does not fit it (got \(left) x \(right), expected \(shape)); "
                + "the store belongs to another model: set store.path to a new place"
        case .differentShapes(let name, let got, let expected):
            "cannot combine the tensor \(name.text.debugDescription): base and checkpoint differ (got \(got), expected \(expected)); "
                + "set run.base to the model that the run started from"
        case .notFinite(let name, let row, let column, let type):
            "refused to emit the tensor \(name.text.debugDescription): the prediction leaves the range of \(type.rawValue) at row \(row), column "
                + "\(column); set emit.dtype to float32 or choose a nearer horizon"
        case .notAdaptable(let name, let reason):
            "cannot write an adapter that holds \(name.text.debugDescription): \(reason); leave it out with factors.exclude, or emit the "
                + "full form"
        case .decomposition(let name, let reason):
            "cannot write an adapter that holds \(name.text.debugDescription): \(reason); emit the full form"
        case .badProvenance(let reason):
            "cannot write alpharl.json: \(reason); this is a fault of the program, please report it"
        }
    }

    /// Runs `body`, whose errors are those of this target and the two below it.
    static func wrapping<Result>(_ body: () throws -> Result) throws(EmissionError) -> Result {
        do { return try body() } catch let error as EmissionError {
            throw error
        } catch let error as CheckpointError {
            throw .checkpoint(error)
        } catch let error as FileError {
            throw .file(error)
        } catch {
            throw .badProvenance(reason: "\(error)")
        }
    }
}
