import TrajectoryStore
import Vocabulary

/// The user's command for one prediction: `emit.on_emit` with its placeholders replaced. No shell is involved, so a path
/// with spaces or quotes is just a path.
struct HookCommand: Hashable, Sendable {
    /// A path where it contains a slash; otherwise looked up in `$PATH`.
    let program: String
    let arguments: [String]

    /// Nil where no command is configured.
    init?(_ template: [String], for prediction: PredictionRecord) {
        guard let program = template.first else { return nil }
        let values = [
            "path": prediction.plan.path, "step": prediction.plan.targetStep.description,
            "format": prediction.plan.format.rawValue, "id": prediction.id.description,
        ]
        self.program = program
        arguments = template.dropFirst().map { Self.fill($0, values) }
    }

    /// Replaces `{name}` for the names that are known, in one go: what was put in is not looked at again, and other braces
    /// stay as they are.
    static func fill(_ text: String, _ values: [String: String]) -> String {
        var result = ""
        var rest = text[...]
        while let opening = rest.firstIndex(of: "{") {
            result += rest[..<opening]
            rest = rest[opening...]
            guard let closing = rest.firstIndex(of: "}"),
                let value = values[String(rest[rest.index(after: opening)..<closing])]
            else {
                result.append("{")
                rest = rest.dropFirst()
                continue
            }
            result += value
            rest = rest[rest.index(after: closing)...]
        }
        return result + rest
    }
}
