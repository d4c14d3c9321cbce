import Checkpoints
import Vocabulary

extension TensorValues {
    /// Throws `EmissionError.notFinite` with the place of the first number that is infinite or none.
    ///
    /// - Parameter firstRow: the row of the tensor that these numbers begin with; `columns` to each, 1...
    func requireFinite(_ name: TensorName, firstRow: Int, columns: Int) throws(EmissionError) {
        guard !isAllFinite else { return }
        let index: Int? =
            switch self {
            case .bfloat16(let bits): bits.firstIndex { $0 & 0x7F80 == 0x7F80 }
            case .float16(let bits): bits.firstIndex { $0 & 0x7C00 == 0x7C00 }
            case .float32(let numbers): numbers.firstIndex { !$0.isFinite }
            case .float64(let numbers): numbers.firstIndex { !$0.isFinite }
            }
        guard let index else { return }
        throw .notFinite(name, row: firstRow + index / columns, column: index % columns, type: elementType)
    }

    /// By the largest exponent: no search that could end early, so that the loops are vectorised.
    private var isAllFinite: Bool {
        switch self {
        case .bfloat16(let bits): bits.reduce(0) { max($0, $1 & 0x7F80) } < 0x7F80
        case .float16(let bits): bits.reduce(0) { max($0, $1 & 0x7C00) } < 0x7C00
        case .float32(let numbers): numbers.reduce(0) { max($0, $1.bitPattern & 0x7F80_0000) } < 0x7F80_0000
        case .float64(let numbers):
            numbers.reduce(0) { max($0, $1.bitPattern & 0x7FF0_0000_0000_0000) } < 0x7FF0_0000_0000_0000
        }
    }
}
