/// Which of the numbers that a trainer logs is the accuracy, where the user does not say.
public enum KnownMetrics {
    /// In order of preference; `*` is any run of characters. Evaluation comes before training, since training numbers
    /// are means over a window of samples that were drawn to learn from; what is called accuracy comes before what is
    /// called reward, since a reward may hold format and length as well. Of several names that fit one pattern, the
    /// first in byte order counts. Names as TRL (0.15 to 1.16, with the Trainer's `eval/` and `train/` in event files),
    /// verl, prime-rl, NeMo-RL, OpenRLHF, AReaL and common reward functions have them; slime calls evaluations by the
    /// data set's name, which nobody can know.
    public static let order = evaluatedAccuracies + trainedAccuracies + evaluatedRewards + trainedRewards

    private static let evaluatedAccuracies = [
        "eval_accuracy", "eval_acc", "eval/accuracy", "eval/acc", "val:accuracy", "validation/accuracy",
        "val-core/*/acc/mean@*", "eval_rewards/*accuracy*/mean", "eval_rewards/*correct*/mean",
        "eval/rewards/*accuracy*/mean", "eval/rewards/*correct*/mean", "eval/eval_*_pass1", "eval/*/all/*/avg@*",
        "eval/*/effective/*/avg@*", "eval/*/avg@*",
    ]
    private static let trainedAccuracies = [
        "accuracy", "acc", "train/accuracy", "rewards/*accuracy*/mean", "rewards/*correct*/mean", "rewards/*accuracy*",
        "train/rewards/*accuracy*/mean", "train/rewards/*correct*/mean",
    ]
    private static let evaluatedRewards = [
        "val_reward", "val:reward", "eval_reward", "eval/reward", "validation/reward", "val-core/*/reward/mean@*",
        "eval-rollout/reward", "eval_rewards/*/mean", "eval/rewards/*/mean",
    ]
    private static let trainedRewards = [
        "reward", "train/reward", "critic/score/mean", "critic/rewards/mean", "train/agg/all/*/reward/mean",
        "train/agg/effective/*/reward/mean", "train/rollout/reward_mean", "rollout/reward", "rewards/*/mean",
        "train/rewards/*/mean", "objective/scores", "objective/rlhf_reward",
    ]

    /// - Parameter wanted: the user's own choice, taken as it is; empty: none.
    /// - Returns: the name to use; nil where there is none among `names`.
    public static func choose(among names: some Sequence<String>, wanted: String = "") -> String? {
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard wanted.isEmpty else { return sorted.contains(wanted) ? wanted : nil }
        return first(of: order, among: sorted)
    }

    /// The reward that the run is trained on, which is logged at nearly every step: that of training before that of
    /// evaluation.
    ///
    /// - Parameter accuracy: the name that is the accuracy already.
    /// - Returns: nil where no other name is known as a reward.
    public static func chooseReward(among names: some Sequence<String>, besides accuracy: String?) -> String? {
        let others = names.filter { $0 != accuracy }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return first(of: trainedRewards + evaluatedRewards, among: others)
    }

    /// - Parameter sorted: in byte order.
    private static func first(of patterns: [String], among sorted: [String]) -> String? {
        // A spread is not an accuracy, whatever it is a spread of.
        let means = sorted.filter { !$0.hasSuffix("/std") && !$0.hasSuffix("_std") }
        for pattern in patterns {
            if let found = means.first(where: { matches($0, pattern) }) { return found }
        }
        return nil
    }

    /// Pieces between stars, in order, the first and the last at the ends.
    private static func matches(_ name: String, _ pattern: String) -> Bool {
        let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard pieces.count > 1, let first = pieces.first, let last = pieces.last else { return name == pattern }
        guard name.hasPrefix(first), name.hasSuffix(last), name.count >= first.count + last.count else { return false }
        var rest = name.dropFirst(first.count).dropLast(last.count)
        for piece in pieces.dropFirst().dropLast() {
            guard let found = rest.firstRange(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}
