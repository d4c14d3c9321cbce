/// One key of the configuration: its name, what it accepts, and where its value lives in `RunConfiguration`.
///
/// A value for it goes through one function whether it comes from the file or from the environment; the value that is
/// in force comes back out through another, for `rendered()` and for telling two configurations apart.
struct Setting: Sendable {
    /// How the text of an environment variable becomes a value.
    enum Shape: Sendable {
        case text, number, list
    }

    /// Why a value is refused. Its place is added by the caller, who knows it.
    struct Refusal: Error {
        var isWrongType = false
        var expected: String
        var remedy = ""
    }

    /// What a value may depend on besides itself.
    struct Context: Sendable {
        /// Directory of the file, absolute where the file's path was.
        let directory: String
        let home: String?
    }

    typealias Apply = @Sendable (ConfigurationValue, Context, inout RunConfiguration) -> Refusal?
    typealias Field<Value> = WritableKeyPath<RunConfiguration, Value> & Sendable

    /// `run.watch`
    let name: String
    let shape: Shape
    var isRequired = false
    /// Stores the value, or says why not and leaves the configuration as it was.
    let apply: Apply
    let current: @Sendable (RunConfiguration) -> ConfigurationValue

    var table: String { String(name.prefix { $0 != "." }) }
    var key: String { String(name.drop { $0 != "." }.dropFirst()) }
    /// `ALPHARL_RUN_WATCH`
    var variable: String { "ALPHARL_\(table)_\(key)".uppercased() }
}

/// Constructors, one for each kind of value. `expected` is how messages and the documentation say what is accepted.
extension Setting {
    /// Text for which `accepts` is true.
    static func text(
        _ name: String, _ field: any Field<String>, expected: String = "text",
        accepts: @escaping @Sendable (String) -> Bool = { _ in true }
    ) -> Setting {
        converted(
            name, field, expected: expected, from: { accepts($0) ? $0 : nil }, to: { $0 })
    }

    /// Text that stands for something else. `expected` also says what it looks like.
    static func converted<Value: Sendable>(
        _ name: String, _ field: any Field<Value>, expected: String, remedy: String = "",
        from: @escaping @Sendable (String) -> Value?, to: @escaping @Sendable (Value) -> String
    ) -> Setting {
        Setting(
            name: name, shape: .text,
            apply: { value, _, configuration in
                guard case .text(let text) = value else { return Refusal(isWrongType: true, expected: expected) }
                guard let converted = from(text) else { return Refusal(expected: expected, remedy: remedy) }
                configuration[keyPath: field] = converted
                return nil
            },
            current: { .text(to($0[keyPath: field])) })
    }

    /// One of the words of an enumeration.
    static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, _ field: any Field<Value>
    ) -> Setting where Value.RawValue == String {
        converted(
            name, field, expected: words(of: Value.self), from: { Value(rawValue: $0) }, to: { $0.rawValue })
    }

    /// A path, made absolute. `allowEmpty`: empty text means that there is none.
    static func path(
        _ name: String, _ field: any Field<String>, isRequired: Bool = false, allowEmpty: Bool = false,
        longest: Int = 4095
    ) -> Setting {
        let expected = "a path" + (allowEmpty ? ", or empty for none" : "")
        return Setting(
            name: name, shape: .text, isRequired: isRequired,
            apply: { value, context, configuration in
                guard case .text(let text) = value else { return Refusal(isWrongType: true, expected: expected) }
                if text.isEmpty, allowEmpty {
                    configuration[keyPath: field] = ""
                    return nil
                }
                guard !text.isEmpty else { return Refusal(expected: expected) }
                return resolve(text, context, longest: longest) { configuration[keyPath: field] = $0 }
            },
            current: { .text($0[keyPath: field]) })
    }

    /// Makes a path absolute and hands it on, or says why that cannot be.
    static func resolve(_ text: String, _ context: Context, longest: Int, store: (String) -> Void) -> Refusal? {
        guard let path = PathRules.absolute(text, relativeTo: context.directory, home: context.home) else {
            return Refusal(expected: "a path without ~", remedy: "HOME is not set: write the whole path")
        }
        guard path.utf8.count <= longest else {
            return Refusal(
                expected: "at most \(longest) bytes",
                remedy: "it is \(path.utf8.count) bytes long: choose a shorter place")
        }
        store(path)
        return nil
    }

    static func integer(_ name: String, _ field: any Field<Int>, in range: ClosedRange<Int>) -> Setting {
        let expected =
            range.upperBound == .max
            ? "a whole number of at least \(range.lowerBound)"
            : "a whole number in \(range.lowerBound)...\(range.upperBound)"
        return Setting(
            name: name, shape: .number,
            apply: { value, _, configuration in
                guard case .integer(let number) = value else { return Refusal(isWrongType: true, expected: expected) }
                guard range.contains(number) else { return Refusal(expected: expected) }
                configuration[keyPath: field] = number
                return nil
            },
            current: { .integer($0[keyPath: field]) })
    }

    /// A finite number for which `accepts` is true; whole numbers count.
    static func number(
        _ name: String, _ field: any Field<Double>, expected: String, accepts: @escaping @Sendable (Double) -> Bool
    ) -> Setting {
        Setting(
            name: name, shape: .number,
            apply: { value, _, configuration in
                let number: Double
                switch value {
                case .integer(let whole): number = Double(whole)
                case .number(let real): number = real
                default: return Refusal(isWrongType: true, expected: expected)
                }
                guard number.isFinite, accepts(number) else { return Refusal(expected: expected) }
                configuration[keyPath: field] = number
                return nil
            },
            current: { .number($0[keyPath: field]) })
    }

    /// A list of texts; `from` turns them into the field's value, or returns nil where they will not do.
    static func list<Value: Sendable>(
        _ name: String, _ field: any Field<[Value]>, expected: String, from: @escaping @Sendable ([String]) -> [Value]?,
        to: @escaping @Sendable (Value) -> String
    ) -> Setting {
        Setting(
            name: name, shape: .list,
            apply: { value, _, configuration in
                guard case .list(let items) = value, let texts = texts(of: items) else {
                    return Refusal(isWrongType: true, expected: expected)
                }
                guard let converted = from(texts) else { return Refusal(expected: expected) }
                configuration[keyPath: field] = converted
                return nil
            },
            current: { .list($0[keyPath: field].map { .text(to($0)) }) })
    }

    private static func texts(of items: [ConfigurationValue]) -> [String]? {
        var result: [String] = []
        for item in items {
            guard case .text(let text) = item else { return nil }
            result.append(text)
        }
        return result
    }

    /// `"full" or "adapter"`
    static func words<Value: RawRepresentable & CaseIterable>(of type: Value.Type) -> String
    where Value.RawValue == String {
        type.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
    }
}
