/// A configuration while it is put together: values taken so far, and everything found wrong with them.
struct Assembly {
    var configuration: RunConfiguration
    let context: Setting.Context
    let checks: [String: RunConfiguration.TextCheck]
    private var problems: [ConfigurationError] = []

    init(
        configuration: RunConfiguration, context: Setting.Context, checks: [String: RunConfiguration.TextCheck]
    ) {
        self.configuration = configuration
        self.context = context
        self.checks = checks
    }

    mutating func refuseUnknownNames(in document: TOMLDocument) {
        for (name, table) in document.tables.sorted(by: { $0.value.line < $1.value.line }) {
            if !name.isEmpty, !Setting.tables.contains(name) {
                problems.append(
                    Self.unknownTable(name, at: .file(path: document.path, line: table.line, column: table.column)))
                continue
            }
            for (key, entry) in table.entries.sorted(by: { $0.value.line < $1.value.line }) {
                guard let problem = Self.unknownKey(key, in: name, entry.value, at: document.place(of: entry)) else {
                    continue
                }
                problems.append(problem)
            }
        }
    }

    private static func unknownTable(_ name: String, at place: ConfigurationError.Place) -> ConfigurationError {
        if let setting = Setting.all.first(where: { $0.name == name }) {
            return .wrongType(
                place: place, key: name, got: "a table", expected: "\(setting.key) = ... in [\(setting.table)]")
        }
        return .unknownTable(place: place, name: name, nearest: NearestName.find(name, among: Setting.tables))
    }

    /// Nil for a key that there is.
    private static func unknownKey(
        _ key: String, in table: String, _ value: ConfigurationValue, at place: ConfigurationError.Place
    ) -> ConfigurationError? {
        let names = RunConfiguration.keys
        guard table.isEmpty else {
            let name = "\(table).\(key)"
            if names.contains(name) { return nil }
            return .unknownKey(place: place, key: name, nearest: NearestName.find(name, among: names))
        }
        if Setting.tables.contains(key) {
            return .wrongType(place: place, key: key, got: value.inWords, expected: "a table, [\(key)]")
        }
        // A key outside its table is compared with the keys of all tables.
        let nearest = Setting.all.first { $0.key == key }?.name ?? NearestName.find(key, among: names)
        return .unknownKey(place: place, key: key, nearest: nearest)
    }

    /// Only what begins like the variables of a table can be meant for us: `ALPHARL_SOCKET` is the command line's.
    mutating func refuseUnknownVariables(in environment: [String: String]) {
        let variables = Setting.all.map(\.variable)
        let prefixes = Setting.tables.map { "ALPHARL_\($0.uppercased())_" }
        for name in environment.keys.sorted() where prefixes.contains(where: { name.hasPrefix($0) }) {
            guard !variables.contains(name) else { continue }
            problems.append(.unknownVariable(name: name, nearest: NearestName.find(name, among: variables)))
        }
    }

    mutating func take(_ setting: Setting, from document: TOMLDocument) {
        guard let entry = document.tables[setting.table]?.entries[setting.key] else { return }
        guard take(entry.value, for: setting, at: document.place(of: entry)) else { return }
        configuration.origins[setting.name] = .file(line: entry.line)
    }

    mutating func take(_ setting: Setting, from environment: [String: String]) {
        guard let text = environment[setting.variable] else { return }
        let value = Assembly.value(of: text, shape: setting.shape)
        guard take(value, for: setting, at: .environment(variable: setting.variable)) else { return }
        configuration.origins[setting.name] = .environment(variable: setting.variable)
    }

    /// Numbers as TOML writes them; lists as TOML or separated by commas; all else is text.
    private static func value(of text: String, shape: Setting.Shape) -> ConfigurationValue {
        switch shape {
        case .text:
            return .text(text)
        case .number:
            return Int(text).map { .integer($0) } ?? Double(text).map { .number($0) } ?? .text(text)
        case .list:
            let trimmed = text.trimmingPrefix { $0 == " " }
            if trimmed.hasPrefix("[") { return TOMLDocument.value(ofText: String(trimmed)) ?? .text(text) }
            guard !trimmed.isEmpty else { return .list([]) }
            let items = trimmed.split(separator: ",", omittingEmptySubsequences: false)
            return .list(items.map { .text($0.trimmingPrefix { $0 == " " }.description) })
        }
    }

    private mutating func take(
        _ value: ConfigurationValue, for setting: Setting, at place: ConfigurationError.Place
    ) -> Bool {
        var refusal = setting.apply(value, context, &configuration)
        if refusal == nil, case .text(let text) = value, let expected = checks[setting.name]?(text) {
            refusal = Setting.Refusal(expected: expected)
        }
        guard let refusal else { return true }
        problems.append(
            refusal.isWrongType
                ? .wrongType(place: place, key: setting.name, got: value.inWords, expected: refusal.expected)
                : .unacceptable(
                    place: place, key: setting.name, got: value.inWords, expected: refusal.expected,
                    remedy: refusal.remedy))
        return false
    }

    /// The configuration with its default places, or everything that is wrong with it.
    consuming func finished(
        path: String, environment: [String: String]
    ) throws(ConfigurationError) -> RunConfiguration {
        requireNeededKeys(path: path)
        if configuration.origins["run.name"] == nil, !Setting.isName(configuration.run.name) {
            problems.append(
                .missing(
                    path: path, key: "run.name",
                    remedy:
                        "the file's name \"\(configuration.run.name)\" cannot stand for it: set a name of at most 64 "
                        + "letters, digits, '.', '_' and '-'"))
        }
        placeByDefault(path: path, environment: environment)
        guard problems.isEmpty else { throw .joining(problems) }
        return configuration
    }

    private mutating func requireNeededKeys(path: String) {
        for setting in Setting.all where setting.isRequired {
            // A value that was refused has its problem already.
            guard setting.current(configuration) == .text(""), !problems.contains(where: { $0.isAbout(setting.name) })
            else { continue }
            problems.append(.missing(path: path, key: setting.name, remedy: "it has no default: set it"))
        }
    }

    private mutating func placeByDefault(path: String, environment: [String: String]) {
        let places = DefaultPlaces(
            environment: environment, configurationDirectory: context.directory, runName: configuration.run.name)
        if configuration.origins["store.path"] == nil { configuration.store.path = places.store }
        if configuration.origins["emit.directory"] == nil { configuration.emit.directory = places.predictions }
        guard configuration.origins["socket.path"] == nil else { return }
        configuration.socket.path = places.socket
        let length = places.socket.utf8.count
        if length > 107, !problems.contains(where: { $0.isAbout("socket.path") }) {
            problems.append(
                .missing(
                    path: path, key: "socket.path",
                    remedy:
                        "its default \(places.socket) has \(length) bytes, and a socket's path at most 107: set a shorter "
                        + "one"))
        }
    }
}

extension ConfigurationError {
    /// Whether it tells of this key's value.
    fileprivate func isAbout(_ name: String) -> Bool {
        switch self {
        case .wrongType(_, let key, _, _), .unacceptable(_, let key, _, _, _), .missing(_, let key, _): key == name
        default: false
        }
    }
}
