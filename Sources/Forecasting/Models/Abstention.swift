import LinearAlgebra
import Vocabulary

/// Why a model makes no forecast. Not a failure: the others go on, and the status says this sentence.
public enum Abstention: Error, Hashable, Sendable, CustomStringConvertible {
    case tooFewCheckpoints(model: ModelName, got: Int, needed: Int)
    case lastUpdateIsZero(model: ModelName, module: TensorName, step: TrainingStep)
    case constantResponse(model: ModelName)
    case scoreDoesNotFollowResponse(model: ModelName, module: TensorName)
    /// `module` is nil where the model was looking at inner products only.
    case notFinite(model: ModelName, module: TensorName?)
    case didNotConverge(model: ModelName, module: TensorName?, detail: String)

    public var description: String {
        switch self {
        case .tooFewCheckpoints(let model, let got, let needed):
            "\(model) makes no forecast: too few checkpoints (got \(got), expected \(needed)); wait for the next ones"
        case .lastUpdateIsZero(let model, let module, let step):
            "\(model) makes no forecast: the update of \(module) at step \(step) is zero and has no direction; "
                + "wait for a checkpoint that differs from the base"
        case .constantResponse(let model):
            "\(model) makes no forecast: the response is the same at every checkpoint; "
                + "wait for checkpoints where it differs"
        case .scoreDoesNotFollowResponse(let model, let module):
            "\(model) makes no forecast: the fit for \(module) has a slope of zero, so no target can be reached; "
                + "use another model"
        case .notFinite(let model, let module):
            "\(model) makes no forecast: the factors\(Self.of(module)) are not finite; check the checkpoints for NaN"
        case .didNotConverge(let model, let module, let detail):
            "\(model) makes no forecast: the factors\(Self.of(module)) cannot be decomposed: \(detail)"
        }
    }

    init(_ error: LinearAlgebraError, model: ModelName, module: TensorName?) {
        switch error {
        case .notFinite: self = .notFinite(model: model, module: module)
        case .didNotConverge: self = .didNotConverge(model: model, module: module, detail: error.description)
        }
    }

    private static func of(_ module: TensorName?) -> String { module.map { " of \($0)" } ?? "" }
}
