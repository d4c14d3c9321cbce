/// The checksum of records: CRC-32C (Castagnoli, RFC 3720 appendix B.4), rotated and shifted so that the checksum of
/// bytes that hold a checksum is not a constant. Source: TensorFlow, `lib/hash/crc32c.h` and `lib/io/record_writer.h`.
public enum MaskedCRC32C {
    /// Linear in the number of bytes.
    public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let plain = crc32c(bytes)
        return ((plain >> 15) | (plain << 17)) &+ 0xA282_EAD8
    }

    static func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { remainder, byte in
            table[Int((remainder ^ UInt32(byte)) & 0xFF)] ^ (remainder >> 8)
        }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1 }
    }
}
