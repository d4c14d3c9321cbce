/// The value of one setting of `adapter_config.json`, as deep as anything here looks.
enum AdapterSettingValue: Hashable, Sendable, CustomStringConvertible {
    case null
    case boolean(Bool)
    case number(Double)
    case text(String)
    /// Nil for an element that is no text.
    case list([String?])
    /// In the order of the file: of patterns the first that fits counts. Nil for what is no number.
    case object([Member])

    struct Member: Hashable, Sendable {
        let key: String
        let value: Double?
    }

    /// Neither null nor false nor empty.
    var isSet: Bool {
        switch self {
        case .null, .boolean(false): false
        case .list(let elements): !elements.isEmpty
        case .object(let members): !members.isEmpty
        case .boolean, .number, .text: true
        }
    }

    var description: String {
        switch self {
        case .null: "nothing"
        case .boolean(let flag): "\(flag)"
        case .number(let number): "\(number)"
        case .text(let text): shown(text)
        case .list: "a list"
        case .object: "an object"
        }
    }

    /// All settings of a file. Python's NaN and Infinity are read.
    static func members(of json: [UInt8]) throws(AdapterProblem) -> [String: AdapterSettingValue] {
        var values: [String: AdapterSettingValue] = [:]
        var scanner = try wrapping { () throws(JSONProblem) in try JSONScanner(json, dialect: .python) }
        try scanner.object(
            member: { (scanner, key) throws(AdapterProblem) in
                let value = try wrapping { () throws(JSONProblem) in try read(&scanner, json) }
                guard values.updateValue(value, forKey: key) == nil else { throw .duplicateSetting(key) }
            }, problem: { .notJSON($0) })
        try wrapping { () throws(JSONProblem) in try scanner.end() }
        return values
    }

    private static func wrapping<Result>(_ body: () throws(JSONProblem) -> Result) throws(AdapterProblem) -> Result {
        do { return try body() } catch { throw .notJSON(error) }
    }

    private static func read(
        _ scanner: inout JSONScanner, _ bytes: [UInt8]
    ) throws(JSONProblem) -> AdapterSettingValue {
        switch try scanner.peek() {
        case .null:
            try scanner.skip()
            return .null
        case .boolean:
            let isTrue = bytes[scanner.offset] == UInt8(ascii: "t")
            try scanner.skip()
            return .boolean(isTrue)
        case .number: return .number(try number(&scanner, bytes))
        case .string: return .text(try scanner.string())
        case .array:
            var elements: [String?] = []
            try scanner.array { (scanner) throws(JSONProblem) in
                if try scanner.peek() == .string {
                    elements.append(try scanner.string())
                } else {
                    try scanner.skip()
                    elements.append(nil)
                }
            }
            return .list(elements)
        case .object:
            var members: [Member] = []
            try scanner.object(
                member: { (scanner, key) throws(JSONProblem) in
                    if try scanner.peek() == .number {
                        members.append(Member(key: key, value: try number(&scanner, bytes)))
                    } else {
                        try scanner.skip()
                        members.append(Member(key: key, value: nil))
                    }
                }, problem: { $0 })
            return .object(members)
        }
    }

    private static func number(_ scanner: inout JSONScanner, _ bytes: [UInt8]) throws(JSONProblem) -> Double {
        let start = scanner.offset
        try scanner.skip()
        return Double(String(decoding: bytes[start..<scanner.offset], as: UTF8.self)) ?? .nan
    }
}
