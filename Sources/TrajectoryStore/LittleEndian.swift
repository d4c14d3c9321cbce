import Foundation

/// Numbers as the store keeps them in BLOBs: IEEE 754, little-endian, one after the other, no header.
///
/// Bits are kept: what comes out equals what went in, on every machine. Built from bytes with shifts, which an
/// optimising compiler turns into plain copies, so that no pointer is needed.
enum LittleEndian {
    static func data(_ values: [Float]) -> Data {
        var data = Data(count: 4 * values.count)
        var bytes = data.mutableBytes
        for index in values.indices {
            bytes.storeBytes(of: values[index].bitPattern.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
        }
        return data
    }

    static func data(_ values: [Double]) -> Data {
        var data = Data(count: 8 * values.count)
        var bytes = data.mutableBytes
        for index in values.indices {
            bytes.storeBytes(of: values[index].bitPattern.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
        }
        return data
    }

    /// - Returns: nil where the length is no multiple of 4.
    static func floats(_ data: Data) -> [Float]? {
        guard data.count.isMultiple(of: 4) else { return nil }
        let bytes = data.span
        var values: [Float] = []
        values.reserveCapacity(bytes.count / 4)
        for start in stride(from: 0, to: bytes.count, by: 4) {
            let low = UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8
            let high = UInt32(bytes[start + 2]) << 16 | UInt32(bytes[start + 3]) << 24
            values.append(Float(bitPattern: low | high))
        }
        return values
    }

    /// - Returns: nil where the length is no multiple of 8.
    static func doubles(_ data: Data) -> [Double]? {
        guard data.count.isMultiple(of: 8) else { return nil }
        let bytes = data.span
        var values: [Double] = []
        values.reserveCapacity(bytes.count / 8)
        for start in stride(from: 0, to: bytes.count, by: 8) {
            var pattern: UInt64 = 0
            for offset in 0..<8 { pattern |= UInt64(bytes[start + offset]) << UInt64(8 * offset) }
            values.append(Double(bitPattern: pattern))
        }
        return values
    }
}
