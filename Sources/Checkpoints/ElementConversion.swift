import Vocabulary

extension TensorValues {
    /// The values in float32: exact for bfloat16, float16 and float32, rounded to nearest even for float64.
    public func floats() -> [Float] {
        switch self {
        case .bfloat16(let bits): bits.map { Rounding.float(bfloat16: $0) }
        case .float16(let bits): bits.map { Rounding.float(float16: $0) }
        case .float32(let values): values
        case .float64(let values): values.map { Float($0) }
        }
    }

    /// The values in double, exactly.
    public func doubles() -> [Double] {
        switch self {
        case .bfloat16(let bits): bits.map { Double(Rounding.float(bfloat16: $0)) }
        case .float16(let bits): bits.map { Double(Rounding.float(float16: $0)) }
        case .float32(let values): values.map { Double($0) }
        case .float64(let values): values
        }
    }

    /// Rounded once from float32 to `type`.
    public static func rounding(_ values: [Float], to type: ElementType) -> TensorValues {
        switch type {
        case .bfloat16: .bfloat16(values.map { Rounding.bfloat16($0) })
        case .float16: .float16(values.map { Rounding.float16($0) })
        case .float32: .float32(values)
        case .float64: .float64(values.map { Double($0) })
        }
    }

    /// Rounded once from double to `type`.
    public static func rounding(_ values: [Double], to type: ElementType) -> TensorValues {
        switch type {
        case .bfloat16: .bfloat16(values.map { Rounding.bfloat16($0) })
        case .float16: .float16(values.map { Rounding.float16($0) })
        case .float32: .float32(values.map { Float($0) })
        case .float64: .float64(values)
        }
    }

    /// In another type, rounded once; bit for bit the same where the type is.
    public func converted(to type: ElementType) -> TensorValues {
        if type == elementType { return self }
        if case .float64(let values) = self { return .rounding(values, to: type) }
        return .rounding(floats(), to: type)
    }
}
