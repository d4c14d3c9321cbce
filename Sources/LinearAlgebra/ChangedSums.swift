import CKernels

/// What a sweep over changed entries adds up: the vectors side by side, as its kernels want them, and the results.
struct ChangedSums {
    let rows: Int
    let columns: Int
    let count: Int
    private let scale: Float
    private let instructions: InstructionSet
    private let width: Int
    private let vectors: AlignedNumbers<Float>
    private let scratch: AlignedNumbers<Double>
    /// The newest part of `D^T Y`, and all of it; nil where only images are asked for.
    private let newest: AlignedNumbers<Float>?
    private let products: AlignedNumbers<Double>?
    /// `scale * D X`, column by column.
    private(set) var images: [Double]

    /// - Parameter directions: X, its columns one after the other.
    init(
        rows: Int, columns: Int, directions: [Float], count: Int, scale: Float, isForwardOnly: Bool,
        instructions: InstructionSet
    ) {
        precondition(
            directions.count == columns * count, "\(count) vectors of \(columns) numbers; got \(directions.count).")
        (self.rows, self.columns, self.count, self.scale) = (rows, columns, count, scale)
        self.instructions = instructions
        var width = 0
        unsafe alpharl_packed_width(instructions.code, count, &width)
        self.width = width
        vectors = AlignedNumbers(count: columns * width, zero: 0)
        scratch = AlignedNumbers(count: alpharl_changes_scratch(width), zero: 0)
        newest = isForwardOnly ? nil : AlignedNumbers(count: columns * width, zero: 0)
        products = isForwardOnly ? nil : AlignedNumbers(count: columns * width, zero: 0)
        images = [Double](repeating: 0, count: rows * count)
        unsafe directions.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            unsafe alpharl_pack(instructions.code, x, columns, count, vectors.start)
        }
    }

    mutating func add(
        _ changes: UnsafePointer<alpharl_changes>, firstRow first: Int, _ instructions: InstructionSet
    ) {
        precondition(
            instructions == self.instructions, "\(instructions) and \(self.instructions) lay vectors out differently.")
        unsafe images.withUnsafeMutableBufferPointer { images in
            guard let images = images.baseAddress else { return }
            unsafe alpharl_changes_pass(
                instructions.code, changes, scale, vectors.start, count, images + first, rows, newest?.start,
                products?.start, scratch.start)
        }
    }

    var forward: Matrix { Matrix(rows: rows, columns: count, elements: images) }

    /// `scale^2 * D^T D X`, columns x count.
    var backward: Matrix {
        guard let products else { return Matrix(zeros: columns, 0) }
        let elements = unsafe [Double](unsafeUninitializedCapacity: columns * count) { out, written in
            if let out = out.baseAddress {
                unsafe alpharl_unpack(instructions.code, products.start, columns, count, out)
            }
            written = columns * count
        }
        return Matrix(rows: columns, columns: count, elements: elements)
    }
}
