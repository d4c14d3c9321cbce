/// The name of a tensor as the checkpoint writes it, such as `model.layers.0.self_attn.q_proj.weight`.
public struct TensorName: Hashable, Comparable, Sendable, Codable, CustomStringConvertible, ExpressibleByStringLiteral {
    public let text: String

    public init(_ text: String) { self.text = text }
    public init(stringLiteral text: String) { self.text = text }

    public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// Byte order of the UTF-8 text: the same on every machine and in every locale.
    public static func < (left: TensorName, right: TensorName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    public var description: String { text }
}

/// How one number is stored. The raw value is the safetensors name. Other types are refused by name.
public enum ElementType: String, Sendable, Codable, CaseIterable {
    case bfloat16 = "BF16"
    case float16 = "F16"
    case float32 = "F32"
    case float64 = "F64"

    /// Bytes of one number: 2, 4 or 8.
    public var byteCount: Int {
        switch self {
        case .bfloat16, .float16: 2
        case .float32: 4
        case .float64: 8
        }
    }
}

/// The sizes of a tensor's axes, outermost first (row-major); each at least 0.
public struct TensorShape: Hashable, Sendable, Codable, CustomStringConvertible, ExpressibleByArrayLiteral {
    public let dimensions: [Int]

    /// - Precondition: no dimension is negative and the product fits an `Int`; readers check this at the door.
    public init(_ dimensions: [Int]) {
        precondition(dimensions.allSatisfy { $0 >= 0 }, "A dimension cannot be negative; got \(dimensions).")
        self.dimensions = dimensions
    }

    public init(arrayLiteral dimensions: Int...) { self.init(dimensions) }

    /// The product of the dimensions; 1 for a scalar.
    public var elementCount: Int { dimensions.reduce(1, *) }

    public var isMatrix: Bool { dimensions.count == 2 }

    public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}

/// What a checkpoint's header says of one tensor.
public struct TensorDescription: Hashable, Sendable, Codable {
    public let name: TensorName
    public let elementType: ElementType
    public let shape: TensorShape

    public init(name: TensorName, elementType: ElementType, shape: TensorShape) {
        self.name = name
        self.elementType = elementType
        self.shape = shape
    }

    /// Bytes of the tensor's data.
    public var byteCount: Int { shape.elementCount * elementType.byteCount }
}

/// One tracked 2-D weight, `rows` x `columns` = `[out, in]`, row-major. Both at least 1.
public struct Module: Hashable, Sendable, Codable {
    public let name: TensorName
    public let rows: Int
    public let columns: Int

    public init(name: TensorName, rows: Int, columns: Int) {
        precondition(rows > 0 && columns > 0, "Module \(name) has no elements: \(rows) x \(columns).")
        self.name = name
        self.rows = rows
        self.columns = columns
    }
}
