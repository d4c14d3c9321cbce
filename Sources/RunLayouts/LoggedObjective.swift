public import Vocabulary

/// Supervised training or reinforcement learning, told by the names in a trainer's log.
///
/// Every trainer of reinforcement learning logs a reward or what comes of it (TRL `reward` and `rewards/NAME/mean`, verl
/// `critic/score/mean` and `actor/kl_loss`, prime-rl `reward/mean`, NeMo-RL `reward`, OpenRLHF `return`), and preference
/// optimisation logs the rewards that it implies; a supervised trainer logs a loss alone.
public enum LoggedObjective {
    /// Parts of names that stand for a reward or for what is computed from one.
    static let signs = ["reward", "score", "advantage", "return", "kl", "policy", "critic", "actor"]
    static let losses: Set<String> = ["loss", "train_loss", "train/loss"]

    /// - Parameter names: of all numbers in the log.
    /// - Returns: nil where the log does not tell: it is empty, or has evaluations only.
    public static func objective(of names: some Sequence<String>) -> TrainingObjective? {
        let words = names.map { (name: $0, words: Set($0.lowercased().split { !$0.isLetter }.map(String.init))) }
        let isReinforcement = words.contains { name in
            signs.contains { sign in name.words.contains { $0 == sign || $0 == sign + "s" } }
        }
        if isReinforcement { return .reinforcement }
        return words.contains { losses.contains($0.name) } ? .supervised : nil
    }
}
