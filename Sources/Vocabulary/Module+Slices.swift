/// A module may be one matrix of a tensor with three axes: one expert of a layer whose experts are stored as one tensor.
/// Its name then is the tensor's with the place on the first axis, counted from 0: `model.layers.3.mlp.experts.down_proj[17]`.
extension Module {
    /// Matrix `index` (0...) of `tensor`.
    public init(sliceOf tensor: TensorName, at index: Int, rows: Int, columns: Int) {
        precondition(index >= 0, "The matrices of \(tensor) are counted from 0; got \(index).")
        self.init(name: TensorName("\(tensor.text)[\(index)]"), rows: rows, columns: columns)
    }

    /// The tensor that holds it.
    public var tensor: TensorName { name.slice?.tensor ?? name }

    /// Which matrix of that tensor; nil: the tensor is the matrix.
    public var slice: Int? { name.slice?.index }
}

extension TensorName {
    /// The two parts of a name like `experts.down_proj[17]`; nil for any other.
    public var slice: (tensor: TensorName, index: Int)? {
        guard text.utf8.last == UInt8(ascii: "]"), let opening = text.lastIndex(of: "[") else { return nil }
        let digits = text[text.index(after: opening)...].dropLast()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            digits == "0" || !digits.hasPrefix("0"), let index = Int(digits)
        else { return nil }
        return (TensorName(String(text[..<opening])), index)
    }
}
