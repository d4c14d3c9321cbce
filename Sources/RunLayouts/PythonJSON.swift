/// The three words that Python's `json.dumps` writes and JSON does not have.
enum PythonJSON {
    private static let words = ["-Infinity", "Infinity", "NaN"].map { Array($0.utf8) }

    /// The same text with `NaN`, `Infinity` and `-Infinity` replaced by `null` outside of strings: a number that is not
    /// finite says as much as none. The bytes themselves where there is nothing to replace.
    static func withoutBareNumbers(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8]?
        var copied = 0
        var index = 0
        var isInString = false
        while index < bytes.count {
            let byte = bytes[index]
            if isInString {
                if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { isInString = false }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "I") || byte == UInt8(ascii: "N"),
                let word = words.first(where: { bytes[index...].starts(with: $0) })
            {
                result = (result ?? []) + bytes[copied..<index] + Array("null".utf8)
                copied = index + word.count
                index = copied - 1
            }
            index += 1
        }
        return result.map { $0 + bytes[copied...] } ?? bytes
    }
}
