import Foundation

/// Numbers as the store keeps them in BLOBs: IEEE 754, little-endian, one after the other, no header.
///
/// Bits are kept: what comes out equals what went in.
enum LittleEndian {
    static func data(_ values: [Float]) -> Data {
        var data = Data(count: 4 * values.count)
        var bytes = data.mutableBytes
        for index in values.indices {
            bytes.storeBytes(of: values[index].bitPattern.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
        }
        return data
    }

    /// Vectors one after the other.
    static func data(joining vectors: [[Float]]) -> Data {
        var data = Data(capacity: 4 * vectors.reduce(0) { $0 + $1.count })
        for vector in vectors { data.append(Self.data(vector)) }
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
    static func floats(_ data: Data) -> [Float]? { numbers(data) }

    /// Vectors of `count` numbers that lie one after the other.
    ///
    /// - Returns: nil where the length is no multiple of theirs.
    static func vectors(_ data: Data, of count: Int) -> [[Float]]? {
        guard count > 0, data.count.isMultiple(of: 4 * count) else { return nil }
        return (0..<data.count / (4 * count)).compactMap { vector(data, at: $0, of: count) }
    }

    /// The vector at `place` of those that lie one after the other; nil where there is none.
    static func vector(_ data: Data, at place: Int, of count: Int) -> [Float]? {
        guard place >= 0, count > 0, place < data.count / (4 * count) else { return nil }
        let start = data.startIndex + 4 * count * place
        return floats(data[start..<start + 4 * count])
    }

    /// - Returns: nil where the length is no multiple of 8.
    static func doubles(_ data: Data) -> [Double]? { numbers(data) }

    /// One copy: a recording reads a hundred megabytes of vectors, which number by number took as long as the queries.
    private static func numbers<Number: BitwiseCopyable>(_ data: Data) -> [Number]? {
        let width = MemoryLayout<Number>.stride
        guard data.count.isMultiple(of: width) else { return nil }
        return unsafe [Number](unsafeUninitializedCapacity: data.count / width) { room, count in
            unsafe UnsafeMutableRawBufferPointer(room).copyBytes(from: data)
            count = data.count / width
        }
    }
}

#if _endian(big)
#error("blobs of the store are little-endian and are read without swapping bytes")
#endif
