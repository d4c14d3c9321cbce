import Crypto

/// The SHA-256 of some content, 32 bytes; written as 64 hexadecimal digits.
public struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
    /// Lower case.
    public let hexadecimal: String

    public var description: String { hexadecimal }

    public static func of(_ bytes: [UInt8]) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }
}

/// Hashes content that comes in pieces.
public struct SHA256Hasher: Sendable {
    private var state = SHA256()

    public init() {}

    public mutating func update<Element: PlainNumber>(_ values: [Element]) {
        update(unsafe values.span.bytes)
    }

    public mutating func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
    }

    /// The digest of everything so far; more may follow.
    public func finalize() -> SHA256Digest {
        let digits = state.finalize().map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return SHA256Digest(hexadecimal: digits.joined())
    }
}
