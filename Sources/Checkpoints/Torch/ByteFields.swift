/// Unsigned little-endian numbers in an array of bytes. Positions are the caller's to check.
struct ByteFields {
    let bytes: [UInt8]

    func number(at position: Int, bytes count: Int) -> UInt64 {
        var value: UInt64 = 0
        for offset in (0..<count).reversed() { value = value << 8 | UInt64(bytes[position + offset]) }
        return value
    }

    func u16(_ position: Int) -> Int { Int(number(at: position, bytes: 2)) }
    func u32(_ position: Int) -> UInt64 { number(at: position, bytes: 4) }
    func u64(_ position: Int) -> UInt64 { number(at: position, bytes: 8) }

    func has(_ signature: UInt64, at position: Int) -> Bool {
        position >= 0 && position + 4 <= bytes.count && u32(position) == signature
    }
}
