/// A user's own names of checkpoints: a regular expression over paths below the run's folder, with one group, the
/// step. A slash in it is a folder's border: `weights/step_(\d+)` looks two folders deep, and each part must match a
/// whole name. Kept as text, since a compiled expression cannot cross threads; it was compiled once to check it.
public struct StepPattern: Hashable, Sendable {
    public let text: String
    let parts: [String]
    /// Index of the part that has the group.
    let stepPart: Int

    /// - Throws: `LayoutError.badPattern`.
    public init(_ text: String) throws(LayoutError) {
        self.text = text
        parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
            throw .badPattern(pattern: text, reason: "a part between slashes is empty or leads elsewhere")
        }
        var groups: [Int] = []
        for part in parts { groups.append(try Self.groupCount(in: part, of: text)) }
        let total = groups.reduce(0, +)
        guard total == 1, let index = groups.firstIndex(of: 1) else {
            throw .badPattern(pattern: text, reason: "it has \(total) groups")
        }
        stepPart = index
    }

    /// An alternative that always matches makes every group show, whether it took part or not.
    private static func groupCount(in part: String, of pattern: String) throws(LayoutError) -> Int {
        let expression: Regex<AnyRegexOutput>
        do {
            // By itself first: a part with an unbalanced parenthesis could be balanced by what is put around it.
            _ = try Regex(part)
            expression = try Regex("(?:\(part))|")
        } catch {
            let reason = "the part '\(part)' is no regular expression (a group cannot reach over a slash)"
            throw .badPattern(pattern: pattern, reason: reason)
        }
        return ("".wholeMatch(of: expression)?.output.count ?? 1) - 1
    }

    /// The expressions, ready to use in this thread.
    func compiled() throws(LayoutError) -> [Regex<AnyRegexOutput>] {
        var expressions: [Regex<AnyRegexOutput>] = []
        for part in parts {
            do { expressions.append(try Regex(part)) } catch {
                throw .badPattern(pattern: text, reason: "the part '\(part)' is no regular expression")
            }
        }
        return expressions
    }
}
