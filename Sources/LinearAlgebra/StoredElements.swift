import CKernels

/// How one number is stored in memory.
public enum StoredElementType: Sendable, CaseIterable {
    case bfloat16, float16, float32, float64

    var code: alpharl_element_type {
        switch self {
        case .bfloat16: alpharl_bfloat16
        case .float16: alpharl_float16
        case .float32: alpharl_float32
        case .float64: alpharl_float64
        }
    }
}

/// Numbers in one of the four stored types; the 16-bit ones as their bit patterns.
public enum StoredElements: Equatable, Sendable {
    case bfloat16([UInt16])
    case float16([UInt16])
    case float32([Float])
    case float64([Double])

    public var count: Int {
        switch self {
        case .bfloat16(let bits), .float16(let bits): bits.count
        case .float32(let values): values.count
        case .float64(let values): values.count
        }
    }

    public var type: StoredElementType {
        switch self {
        case .bfloat16: .bfloat16
        case .float16: .float16
        case .float32: .float32
        case .float64: .float64
        }
    }

    /// Rounds each number once, to nearest even; too large becomes infinite, NaN stays NaN.
    public init(rounding values: [Double], to type: StoredElementType) {
        let set = InstructionSet.best.code
        self = unsafe Self.filled(count: values.count, type: type) { out in
            unsafe values.withUnsafeBufferPointer { source in
                guard let from = source.baseAddress, let to = out.baseAddress else { return }
                unsafe alpharl_narrow(set, from, source.count, to, type.code)
            }
        }
    }

    /// Every number in double precision, exactly.
    public var doubles: [Double] {
        let set = InstructionSet.best.code
        return unsafe withUnsafeBytes { source in
            unsafe [Double](unsafeUninitializedCapacity: count) { out, written in
                if let from = source.baseAddress, let to = out.baseAddress {
                    unsafe alpharl_widen(set, from, type.code, count, to)
                }
                written = count
            }
        }
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .bfloat16(let bits), .float16(let bits): unsafe bits.withUnsafeBytes(body)
        case .float32(let values): unsafe values.withUnsafeBytes(body)
        case .float64(let values): unsafe values.withUnsafeBytes(body)
        }
    }

    /// `count` numbers of `type`, every one of which `fill` writes.
    static func filled(
        count: Int, type: StoredElementType, _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) -> StoredElements {
        func array<Element>(of _: Element.Type) -> [Element] {
            unsafe [Element](unsafeUninitializedCapacity: count) { room, written in
                unsafe fill(UnsafeMutableRawBufferPointer(room))
                written = count
            }
        }
        return switch type {
        case .bfloat16: .bfloat16(array(of: UInt16.self))
        case .float16: .float16(array(of: UInt16.self))
        case .float32: .float32(array(of: Float.self))
        case .float64: .float64(array(of: Double.self))
        }
    }
}
