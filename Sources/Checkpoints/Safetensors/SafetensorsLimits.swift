/// How much of a file from outside is believed. A file beyond one of these is refused before memory is taken for it.
public enum SafetensorsLimits {
    /// Bytes of a header; the reference implementation has the same limit.
    public static let headerBytes = 100_000_000
    /// Tensors of one file. The largest published models have fewer than this in all their files together.
    public static let tensorsPerFile = 100_000
    /// Axes of one tensor.
    public static let dimensions = 32
    /// UTF-8 bytes of a tensor's name.
    public static let nameBytes = 4096
    /// Files of one checkpoint.
    public static let files = 10_000
    /// Bytes of `model.safetensors.index.json`.
    public static let indexBytes = 100_000_000
}

/// The types that a safetensors header may name, with the size of one number. Case matters.
public enum StoredType: String, Sendable, Hashable, Codable, CaseIterable {
    case bool = "BOOL"
    case u8 = "U8"
    case i8 = "I8"
    case i16 = "I16"
    case u16 = "U16"
    case i32 = "I32"
    case u32 = "U32"
    case i64 = "I64"
    case u64 = "U64"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case float32 = "F32"
    case float64 = "F64"
    case complex64 = "C64"
    case float8E5M2 = "F8_E5M2"
    case float8E4M3 = "F8_E4M3"
    case float8E8M0 = "F8_E8M0"
    case float8E4M3FNUZ = "F8_E4M3FNUZ"
    case float8E5M2FNUZ = "F8_E5M2FNUZ"
    case float4 = "F4"
    case float6E2M3 = "F6_E2M3"
    case float6E3M2 = "F6_E3M2"

    public var bitCount: Int {
        switch self {
        case .float4: 4
        case .float6E2M3, .float6E3M2: 6
        case .bool, .u8, .i8, .float8E5M2, .float8E4M3, .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ: 8
        case .i16, .u16, .float16, .bfloat16: 16
        case .i32, .u32, .float32: 32
        case .i64, .u64, .float64, .complex64: 64
        }
    }
}
