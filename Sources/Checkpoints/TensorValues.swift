import Files
import Vocabulary

/// The numbers of a tensor (or of some of its rows), row-major, as they are stored.
public enum TensorValues: Hashable, Sendable {
    /// Bit patterns: the upper half of a float32.
    case bfloat16([UInt16])
    /// Bit patterns of IEEE binary16.
    case float16([UInt16])
    case float32([Float])
    case float64([Double])

    public var elementType: ElementType {
        switch self {
        case .bfloat16: .bfloat16
        case .float16: .float16
        case .float32: .float32
        case .float64: .float64
        }
    }

    public var count: Int {
        switch self {
        case .bfloat16(let bits), .float16(let bits): bits.count
        case .float32(let values): values.count
        case .float64(let values): values.count
        }
    }

    /// The hash of the bytes, as they lie in the file.
    public var contentHash: ContentHash {
        var hasher = ContentHasher()
        hasher.update(self)
        return hasher.finalize()
    }

    /// Equal bit for bit: unlike `==`, a NaN equals itself and 0 differs from -0.
    public func isIdentical(to other: TensorValues) -> Bool {
        switch (self, other) {
        case (.bfloat16(let left), .bfloat16(let right)), (.float16(let left), .float16(let right)): left == right
        case (.float32(let left), .float32(let right)): left.elementsEqual(right) { $0.bitPattern == $1.bitPattern }
        case (.float64(let left), .float64(let right)): left.elementsEqual(right) { $0.bitPattern == $1.bitPattern }
        default: false
        }
    }

    /// The first `count` numbers, or all where there are fewer.
    public func prefix(_ count: Int) -> TensorValues {
        switch self {
        case .bfloat16(let bits): .bfloat16(Array(bits.prefix(count)))
        case .float16(let bits): .float16(Array(bits.prefix(count)))
        case .float32(let values): .float32(Array(values.prefix(count)))
        case .float64(let values): .float64(Array(values.prefix(count)))
        }
    }
}

extension ContentHasher {
    /// The bytes of the numbers, as they lie in the file.
    public mutating func update(_ values: TensorValues) {
        switch values {
        case .bfloat16(let bits), .float16(let bits): update(bits)
        case .float32(let values): update(values)
        case .float64(let values): update(values)
        }
    }
}

extension FileWriter {
    /// Appends the numbers as they are stored.
    public func write(_ values: TensorValues) throws(FileError) {
        switch values {
        case .bfloat16(let bits), .float16(let bits): try write(bits)
        case .float32(let values): try write(values)
        case .float64(let values): try write(values)
        }
    }
}
