import FoundationEssentials

/// The one way in which documents become JSON and back: keys in snake_case and sorted, times in RFC 3339 UTC with
/// milliseconds, slashes as they are.
public enum JSONCoding {
    /// UTF-8, one line.
    ///
    /// - Throws: `EncodingError` when a number outside a `@Nullable` field is not finite.
    public static func encode(_ document: some Encodable) throws -> Data {
        if let document = document as? any RowDocument {
            var text = JSONRows()
            try document.write(to: &text)
            return Data(text.bytes)
        }
        return try encodeByFields(document)
    }

    /// What documents give that are no `RowDocument`.
    static func encodeByFields(_ document: some Encodable) throws -> Data {
        try encoder(formatting: [.sortedKeys, .withoutEscapingSlashes]).encode(document)
    }

    /// The same, indented for a person.
    public static func encodePretty(_ document: some Encodable) throws -> Data {
        try encoder(formatting: [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]).encode(document)
    }

    /// - Throws: `DecodingError`; `explanation(of:)` turns it into a sentence.
    public static func decode<Document: Decodable>(_ type: Document.Type, from data: Data) throws -> Document {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = date(fromRFC3339: text) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "\"\(text)\" is not a time in RFC 3339")
            }
            return date
        }
        return try decoder.decode(type, from: data)
    }

    /// Such as `2026-11-22T10:01:47.250Z`.
    public static func rfc3339(_ date: Date) -> String { date.formatted(style(fractionalSeconds: true)) }

    /// With or without a fraction of a second, in any time zone; nil when `text` is something else.
    public static func date(fromRFC3339 text: String) -> Date? {
        (try? Date(text, strategy: style(fractionalSeconds: true)))
            ?? (try? Date(text, strategy: style(fractionalSeconds: false)))
    }

    private static func style(fractionalSeconds: Bool) -> Date.ISO8601FormatStyle {
        Date.ISO8601FormatStyle(includingFractionalSeconds: fractionalSeconds)
    }

    private static func encoder(formatting: JSONEncoder.OutputFormatting) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(rfc3339(date))
        }
        return encoder
    }
}

extension JSONCoding {
    /// What a decoding error means for whoever wrote the JSON: where, and what was found instead of what.
    public static func explanation(of error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "\(place(context.codingPath))the key \"\(snakeCase(key.stringValue))\" is missing"
        case .typeMismatch(let type, let context):
            "\(place(context.codingPath))expected \(words(for: type))\(found(context))"
        case .valueNotFound(_, let context), .dataCorrupted(let context):
            "\(place(context.codingPath))\(context.debugDescription)\(cause(context))"
        @unknown default:
            String(describing: error)
        }
    }

    private static func words(for type: Any.Type) -> String {
        switch type {
        case is Bool.Type: "true or false"
        case is String.Type: "a text"
        case is any Numeric.Type: "a number"
        case is any Sequence.Type where String(describing: type).hasPrefix("Dictionary"): "an object"
        case is any Sequence.Type: "a list"
        default: "another type"
        }
    }

    /// Foundation says it as "Expected to decode A but found b instead."
    private static func found(_ context: DecodingError.Context) -> String {
        guard let start = context.debugDescription.firstRange(of: " but found ") else { return "" }
        let text = context.debugDescription[start.lowerBound...]
        return text.hasSuffix(".") ? String(text.dropLast()) : String(text)
    }

    private static func cause(_ context: DecodingError.Context) -> String {
        context.underlyingError.map { " (\($0))" } ?? ""
    }

    private static func place(_ path: [any CodingKey]) -> String {
        guard !path.isEmpty else { return "" }
        let names = path.map { key in key.intValue.map { "[\($0)]" } ?? snakeCase(key.stringValue) }
        return "at " + names.joined(separator: ".").replacing(".[", with: "[") + ": "
    }
}
