/// Which keys of a training checkpoint are the model's weights, and what the model calls them.
///
/// prime-rl keeps them under `app.model.`; NeMo-RL and accelerate under `model.` before the model's own names, which
/// begin with `model.` or `lm_head.` themselves; torchtitan keeps its own names with nothing before them. Optimizer,
/// scheduler and progress lie beside them and are left out. Source: prime-rl `ckpt.py`, NeMo-RL
/// `automodel/checkpoint.py`, accelerate `fsdp_utils.py`, torchtitan `checkpointer`.
struct ModelKeys {
    private static let application = "app.model."
    private static let others = [
        "optimizer.", "optimizers.", "optim.", "lr_scheduler.", "scheduler.", "dataloader.", "train_state.",
        "progress.",
        "rng", "app.",
    ]

    private let prefix: String

    init(_ keys: [String]) {
        if keys.contains(where: { $0.hasPrefix(Self.application) }) {
            prefix = Self.application
        } else {
            let model = keys.filter { !Self.isOther($0) }
            let isWrapped =
                model.allSatisfy { $0.hasPrefix("model.") }
                && model.contains { $0.hasPrefix("model.model.") || $0.hasPrefix("model.lm_head.") }
            prefix = isWrapped ? "model." : ""
        }
    }

    private static func isOther(_ key: String) -> Bool { others.contains { key.hasPrefix($0) } }

    /// The model's name for a key; nil for what is no weight of it.
    func name(of key: String) -> String? {
        if prefix.isEmpty { return Self.isOther(key) ? nil : key }
        return key.hasPrefix(prefix) ? String(key.dropFirst(prefix.count)) : nil
    }
}
