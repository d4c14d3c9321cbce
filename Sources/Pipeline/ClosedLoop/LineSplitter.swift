/// Cuts bytes into lines as they come, in bounded memory: a line ends at LF or CR (progress bars use it), or when it is
/// longer than `longestLine` bytes. Empty lines are left out; bytes that are no UTF-8 are replaced.
struct LineSplitter: Sendable {
    static let longestLine = 4096
    private var pending: [UInt8] = []

    /// - Returns: the lines that `bytes` complete.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                lines += finish()
            } else {
                pending.append(byte)
                if pending.count == Self.longestLine { lines += finish() }
            }
        }
        return lines
    }

    /// - Returns: what was begun and not ended.
    mutating func finish() -> [String] {
        defer { pending.removeAll(keepingCapacity: true) }
        return pending.isEmpty ? [] : [String(decoding: pending, as: UTF8.self)]
    }
}
