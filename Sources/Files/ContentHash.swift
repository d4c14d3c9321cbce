import CXXHash

/// The XXH3 128-bit hash of some content: fast, and no protection against somebody who wants a collision.
/// Written as 32 hexadecimal digits, as `xxhsum -H2` prints it.
public struct ContentHash: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Nil unless `text` is 32 hexadecimal digits.
    public init?(hexadecimal text: String) {
        guard text.utf8.count == 32, text.allSatisfy(\.isHexDigit), let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let hash = ContentHash(hexadecimal: text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "a content hash has 32 hexadecimal digits; got \(text.debugDescription)"))
        }
        self = hash
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public static func < (left: ContentHash, right: ContentHash) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    public var description: String { Self.digits(of: high) + Self.digits(of: low) }

    private static func digits(of value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// The hash of the bytes of `values`, as they lie in a little-endian file.
    public static func of<Element: PlainNumber>(_ values: [Element]) -> ContentHash {
        var hasher = ContentHasher()
        hasher.update(values)
        return hasher.finalize()
    }
}

/// Hashes content that comes in pieces; how it is cut into pieces makes no difference.
@safe public struct ContentHasher: ~Copyable {
    private let state: OpaquePointer

    public init() {
        guard let state = unsafe XXH3_createState() else { preconditionFailure("No memory for the state of a hash.") }
        unsafe self.state = state
        let result = unsafe XXH3_128bits_reset(state)
        precondition(result == XXH_OK, "XXH3 refused to start.")
    }

    deinit { unsafe XXH3_freeState(state) }

    public mutating func update<Element: PlainNumber>(_ values: [Element]) {
        update(unsafe values.span.bytes)
    }

    public mutating func update(_ bytes: RawSpan) {
        let result = unsafe bytes.withUnsafeBytes { unsafe XXH3_128bits_update(state, $0.baseAddress, $0.count) }
        precondition(result == XXH_OK, "XXH3 refused \(bytes.byteCount) bytes.")
    }

    /// The hash of everything so far; more may follow.
    public func finalize() -> ContentHash {
        let digest = unsafe XXH3_128bits_digest(state)
        return ContentHash(high: digest.high64, low: digest.low64)
    }
}
