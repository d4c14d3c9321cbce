/// Addresses of the dashboard that show one module.
enum ModuleLink {
    static func address(of name: String) -> String { "/?module=" + encoded(name) }

    /// Everything but the unreserved characters of RFC 3986 is percent-encoded.
    static func encoded(_ name: String) -> String {
        var result = ""
        for byte in name.utf8 {
            let character = Character(UnicodeScalar(byte))
            let isPlain = byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character))
            if isPlain { result.append(character) } else { result += "%" + hex(byte >> 4) + hex(byte & 15) }
        }
        return result
    }

    private static func hex(_ digit: UInt8) -> String { String(digit, radix: 16, uppercase: true) }
}
