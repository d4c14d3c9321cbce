/// What is wrong with a configuration. Every description is a line for each problem: where, what was wrong (got,
/// expected), what to do.
public enum ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where a value stands. Line and column count from 1.
    public enum Place: Equatable, Sendable, CustomStringConvertible {
        case file(path: String, line: Int, column: Int)
        case environment(variable: String)

        public var description: String {
            switch self {
            case .file(let path, let line, let column): "\(path):\(line):\(column)"
            case .environment(let variable): "environment variable \(variable)"
            }
        }
    }

    /// The file could not be read, is too large, or is not text.
    case unreadable(path: String, reason: String)
    /// The text is not the TOML that is read here (`TOMLDocument`).
    case syntax(place: Place, reason: String)
    case unknownTable(place: Place, name: String, nearest: String?)
    /// `nearest` is the whole name of a key, `run.watch`.
    case unknownKey(place: Place, key: String, nearest: String?)
    /// A variable that begins like those of a table but names no key of it.
    case unknownVariable(name: String, nearest: String?)
    case wrongType(place: Place, key: String, got: String, expected: String)
    case unacceptable(place: Place, key: String, got: String, expected: String, remedy: String)
    case missing(path: String, key: String, remedy: String)
    /// Two or more problems of one configuration, in the order of the keys; never nested.
    case several([ConfigurationError])

    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "\(path): cannot read the configuration: \(reason)"
        case .syntax(let place, let reason):
            "\(place): not valid TOML: \(reason)"
        case .unknownTable(let place, let name, let nearest):
            "\(place): unknown table [\(name)]: \(Self.suggestion(nearest.map { "[\($0)]" }))"
        case .unknownKey(let place, let key, let nearest):
            "\(place): unknown key \(key): \(Self.suggestion(nearest))"
        case .unknownVariable(let name, let nearest):
            "unknown environment variable \(name): \(Self.suggestion(nearest))"
        case .wrongType(let place, let key, let got, let expected):
            "\(place): \(key) has the wrong type (got \(got), expected \(expected))"
        case .unacceptable(let place, let key, let got, let expected, let remedy):
            "\(place): \(key) is not acceptable (got \(got), expected \(expected))"
                + (remedy.isEmpty ? "" : "; \(remedy)")
        case .missing(let path, let key, let remedy):
            "\(path): \(key) is missing; \(remedy)"
        case .several(let problems):
            problems.map(\.description).joined(separator: "\n")
        }
    }

    /// One problem as itself, more as `several`.
    ///
    /// - Precondition: there is at least one.
    static func joining(_ problems: [ConfigurationError]) -> ConfigurationError {
        precondition(!problems.isEmpty, "An error needs a problem.")
        return problems.count == 1 ? problems[0] : .several(problems)
    }

    private static func suggestion(_ nearest: String?) -> String {
        nearest.map { "did you mean \($0)?" } ?? "remove it, or see config/alpharl.toml for the keys there are"
    }
}
