import Checkpoints
import LinearAlgebra
import Vocabulary

extension StoredElements {
    /// The same numbers in the same storage.
    init(_ values: TensorValues) {
        switch values {
        case .bfloat16(let bits): self = .bfloat16(bits)
        case .float16(let bits): self = .float16(bits)
        case .float32(let numbers): self = .float32(numbers)
        case .float64(let numbers): self = .float64(numbers)
        }
    }
}

extension TensorValues {
    /// The same numbers in the same storage.
    init(_ elements: StoredElements) {
        switch elements {
        case .bfloat16(let bits): self = .bfloat16(bits)
        case .float16(let bits): self = .float16(bits)
        case .float32(let numbers): self = .float32(numbers)
        case .float64(let numbers): self = .float64(numbers)
        }
    }
}

extension StoredElementType {
    init(_ type: ElementType) {
        switch type {
        case .bfloat16: self = .bfloat16
        case .float16: self = .float16
        case .float32: self = .float32
        case .float64: self = .float64
        }
    }
}
