import Forecasting
import Vocabulary

/// Signs of the run as a whole, as the status and the manifest explain them.
enum SignParts {
    static func explain(
        drift: Drift?, relativeUpdateNorm: Double?
    ) -> [PredictionProvenance.ConfidencePart] {
        let parts: [PredictionProvenance.ConfidencePart?] = [
            drift.map {
                .init(
                    name: "growth_exponent", value: $0.exponent,
                    meaning: "the update grows like the step to this power: 1 a steady drift, 0.5 a random walk")
            },
            drift.map {
                .init(
                    name: "halves_cosine", value: $0.halvesCosine,
                    meaning: "cosine between the update at half the step and what came since")
            },
            relativeUpdateNorm.map {
                .init(
                    name: "relative_update_norm", value: $0,
                    meaning: "norm of the update so far as a share of the base weights' norm")
            },
        ]
        return parts.compactMap(\.self)
    }
}
