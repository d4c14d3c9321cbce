import Files

/// Where numbers lie in a file: a view of what begins at `start`, by size, stride and offset. Whoever makes one has
/// checked that every number lies in the file.
struct StridedBytes: Hashable, Sendable {
    /// Which of the checkpoint's files.
    let file: Int
    /// Of the storage, in bytes from the beginning of the file.
    let start: Int64
    /// Bytes of a number.
    let width: Int
    /// In numbers; strides alike.
    let offset: Int
    let shape: [Int]
    let strides: [Int]

    /// Numbers that lie one after the other, the last axis fastest.
    init(file: Int, start: Int64, width: Int, shape: [Int]) {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * max(1, shape[axis + 1]) }
        self.init(file: file, start: start, width: width, offset: 0, shape: shape, strides: strides)
    }

    init(file: Int, start: Int64, width: Int, offset: Int, shape: [Int], strides: [Int]) {
        (self.file, self.start, self.width) = (file, start, width)
        (self.offset, self.shape, self.strides) = (offset, shape, strides)
    }

    /// Whether the numbers lie one after the other in the order of the tensor.
    var isContiguous: Bool {
        var expected = 1
        for axis in shape.indices.reversed() where shape[axis] != 1 {
            guard strides[axis] == expected else { return false }
            expected *= shape[axis]
        }
        return true
    }

    /// The same of some rows: slices along the first axis.
    func rows(_ range: Range<Int>) -> StridedBytes {
        guard let first = shape.first, range != 0..<first else { return self }
        return StridedBytes(
            file: file, start: start, width: width, offset: offset + range.lowerBound * strides[0],
            shape: [range.count] + shape.dropFirst(), strides: strides)
    }

    /// Numbers from the first to the last of the view, both included; 0 for an empty one.
    var span: Int { shape.contains(0) ? 0 : zip(shape, strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 } }
}

/// A box of a tensor and where its numbers are.
struct TensorPiece: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case strided(StridedBytes)
        /// A small `torch.save` archive of its own, in a range of a file: opened when it is read.
        case archive(file: Int, range: Range<Int64>)
    }

    /// Where in the tensor the box begins, and its sizes.
    let offsets: [Int]
    let sizes: [Int]
    let content: Content
    /// Other places that must hold the same numbers.
    var copies: [Content] = []

    /// All of a tensor.
    static func whole(_ shape: [Int], _ content: Content, copies: [Content] = []) -> TensorPiece {
        TensorPiece(
            offsets: [Int](repeating: 0, count: shape.count), sizes: shape, content: content, copies: copies)
    }
}

/// A tensor that lies in pieces, each number in exactly one of them.
struct AssembledTensor: Sendable {
    let name: String
    let type: StoredType
    let shape: [Int]
    /// Those that hold numbers, along the first axis.
    let pieces: [TensorPiece]

    /// - Throws: `ShardProblem` where the pieces leave a number out or have one twice.
    init(name: String, type: StoredType, shape: [Int], pieces: [TensorPiece]) throws(ShardProblem) {
        self.name = name
        self.type = type
        self.shape = shape
        self.pieces = pieces.filter { !$0.sizes.contains(0) }.sorted {
            $0.offsets.lexicographicallyPrecedes($1.offsets)
        }
        try checkCover()
    }

    private func checkCover() throws(ShardProblem) {
        var covered = 0
        var open: [TensorPiece] = []
        for piece in pieces {
            guard piece.offsets.count == shape.count, piece.sizes.count == shape.count,
                zip(shape, zip(piece.offsets, piece.sizes)).allSatisfy({ $1.0 >= 0 && $1.1 <= $0 && $1.0 <= $0 - $1.1 })
            else { throw .outside(tensor: name, offsets: piece.offsets, sizes: piece.sizes, shape: shape) }
            covered += piece.sizes.reduce(1, *)
            // Sorted along the first axis: only what still reaches this far can overlap.
            open.removeAll { Self.end($0) <= piece.offsets.first ?? 0 && !shape.isEmpty }
            guard !open.contains(where: { Self.overlap($0, piece) }) else {
                throw .overlap(tensor: name, offsets: piece.offsets)
            }
            open.append(piece)
        }
        let expected = shape.reduce(1, *)
        guard covered == expected else { throw .incomplete(tensor: name, got: covered, expected: expected) }
    }

    private static func end(_ piece: TensorPiece) -> Int { (piece.offsets.first ?? 0) + (piece.sizes.first ?? 1) }

    private static func overlap(_ left: TensorPiece, _ right: TensorPiece) -> Bool {
        left.offsets.indices.allSatisfy {
            left.offsets[$0] < right.offsets[$0] + right.sizes[$0]
                && right.offsets[$0] < left.offsets[$0] + left.sizes[$0]
        }
    }
}
