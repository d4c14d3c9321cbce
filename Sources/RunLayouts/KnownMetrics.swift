/// Which of the numbers that a trainer logs is the accuracy, where the user does not say.
public enum KnownMetrics {
    /// In order of preference; `*` is any run of characters. Evaluation comes before training, since training numbers
    /// are means over a window of samples that were drawn to learn from; what is called accuracy comes before what is
    /// called reward, since a reward may hold format and length as well. Of several names that fit one pattern, the
    /// first in byte order counts. Names as TRL (0.15 to 1.16) and common reward functions have them.
    public static let order = [
        "eval_accuracy", "eval_acc", "eval_rewards/*accuracy*/mean", "eval_rewards/*correct*/mean",
        "accuracy", "acc", "rewards/*accuracy*/mean", "rewards/*correct*/mean", "rewards/*accuracy*",
        "eval_reward", "eval_rewards/*/mean", "reward", "rewards/*/mean", "objective/scores", "objective/rlhf_reward",
    ]

    /// - Parameter wanted: the user's own choice, taken as it is; empty: none.
    /// - Returns: the name to use; nil where there is none among `names`.
    public static func choose(among names: some Sequence<String>, wanted: String = "") -> String? {
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard wanted.isEmpty else { return sorted.contains(wanted) ? wanted : nil }
        // A spread is not an accuracy, whatever it is a spread of.
        let means = sorted.filter { !$0.hasSuffix("/std") && !$0.hasSuffix("_std") }
        for pattern in order {
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
