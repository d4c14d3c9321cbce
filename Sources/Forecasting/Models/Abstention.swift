import Vocabulary

/// Why a model makes no forecast. Not a failure: the others go on, and the status says this sentence.
public enum Abstention: Error, Hashable, Sendable, CustomStringConvertible {
    case tooFewCheckpoints(model: ModelName, got: Int, needed: Int)
    case lastUpdateIsZero(model: ModelName, module: TensorName, step: TrainingStep)
    case constantResponse(model: ModelName)
    case scoreDoesNotFollowResponse(model: ModelName, module: TensorName)
    case notFinite(model: ModelName, module: TensorName)
    case singularValuesDidNotConverge(model: ModelName, module: TensorName, detail: String)

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
            "\(model) makes no forecast: the factors of \(module) are not finite; check the checkpoints for NaN"
        case .singularValuesDidNotConverge(let model, let module, let detail):
            "\(model) makes no forecast: the singular values of its slope for \(module) did not converge (\(detail)); "
                + "check the checkpoints for extreme values"
        }
    }
}
