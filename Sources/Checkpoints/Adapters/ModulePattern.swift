/// A key of `alpha_pattern` with its value: a regular expression that has to fit the end of a module's path, from a dot
/// (or its beginning) on. Source: PEFT 0.21.2, `utils/other.py`, `get_pattern_key`: `(.*\.)?(KEY)$`.
struct ModulePattern: Hashable, Sendable {
    let key: String
    let value: Double

    /// Repetitions in one key. Each may be tried at every place of a path: three of them at a hundred characters are
    /// a million steps, and a repeated group could be tried in exponentially many ways.
    private static let mostRepetitions = 3
    private static let longestKey = 512

    /// - Throws: `AdapterProblem.badPattern` for what is no regular expression, and for one that could take for ever.
    init(key: String, value: Double, setting: String) throws(AdapterProblem) {
        func refuse(_ reason: String) -> AdapterProblem { .badPattern(setting: setting, key: key, reason: reason) }
        guard key.utf8.count <= Self.longestKey else { throw refuse("it is longer than \(Self.longestKey) bytes") }
        let repetitions = key.indices.filter { "*+{".contains(key[$0]) && !Self.isEscaped($0, in: key) }
        guard repetitions.count <= Self.mostRepetitions else {
            throw refuse("it has more than \(Self.mostRepetitions) repetitions")
        }
        guard !repetitions.contains(where: { $0 > key.startIndex && key[key.index(before: $0)] == ")" }) else {
            throw refuse("it repeats a group")
        }
        do { _ = try Regex(Self.expression(key)) } catch { throw refuse("it is not a regular expression") }
        self.key = key
        self.value = value
    }

    private static func isEscaped(_ place: String.Index, in key: String) -> Bool {
        key[..<place].reversed().prefix { $0 == "\\" }.count % 2 == 1
    }

    private static func expression(_ key: String) -> String { #"(?:.*\.)?(?:\#(key))"# }

    /// - Parameter path: a module's, such as `model.layers.0.self_attn.q_proj`.
    func matches(_ path: String) -> Bool {
        // It was compiled once before; a `Regex` is not Sendable, so it is compiled again.
        guard let expression = try? Regex(Self.expression(key)) else { return false }
        return path.wholeMatch(of: expression) != nil
    }
}
