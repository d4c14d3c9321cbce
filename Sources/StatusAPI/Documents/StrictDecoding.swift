extension Decoder {
    /// A request with a misspelt key would otherwise be carried out without it.
    ///
    /// - Throws: `DecodingError.dataCorrupted`, naming the first unknown key and the known ones.
    func refuseUnknownKeys(_ known: [some CodingKey]) throws {
        let names = known.map(\.stringValue)
        let container = try container(keyedBy: AnyKey.self)
        let unknown = container.allKeys.map(\.stringValue).filter { !names.contains($0) }.sorted()
        guard let first = unknown.first else { return }
        let listed = names.map { "\"\(snakeCase($0))\"" }.joined(separator: ", ")
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: codingPath,
                debugDescription: "unknown key \"\(snakeCase(first))\"; known keys are \(listed)"))
    }
}

extension KeyedDecodingContainer {
    /// Like `decodeIfPresent`, with an error that lists the choices.
    func decodeChoiceIfPresent<Choice>(_ type: Choice.Type, forKey key: Key) throws -> Choice?
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let text = try decodeIfPresent(String.self, forKey: key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let listed = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw DecodingError.dataCorruptedError(
            forKey: key, in: self, debugDescription: "\"\(text)\" is none of \(listed)")
    }
}

extension KeyedDecodingContainer {
    /// Like `decodeIfPresent`, with an error that names the key: for 1.5 Foundation only says that the JSON is not valid.
    func decodeWholeNumberIfPresent(forKey key: Key) throws -> Int? {
        guard let number = try decodeIfPresent(Double.self, forKey: key) else { return nil }
        guard let whole = Int(exactly: number), whole >= 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "\(number) is not a whole number, 0 or more")
        }
        return whole
    }
}

/// `targetStep` as the documents write it: `target_step`.
func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { text, character in
        text += character.isUppercase ? "_" + character.lowercased() : String(character)
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
