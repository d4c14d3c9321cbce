import Files

/// Reads rows of tensors that lie in pieces. May be used from several threads at once.
struct PieceReader: Sendable {
    /// For messages.
    let directory: String
    let files: [FileReader]
    let caching: PageCaching

    /// The same reader that leaves the files' pages in memory.
    var keepingPages: PieceReader { PieceReader(directory: directory, files: files, caching: .keep) }

    /// Gives the pages of a piece back, unless they are to be kept for good.
    func dropPages(_ content: TensorPiece.Content) {
        guard caching == .dropAfterReading else { return }
        switch content {
        case .strided(let place):
            let first = place.start + Int64(place.offset * place.width)
            files[place.file].adviseDontNeed(at: first, length: Int64(place.span * place.width))
        case .archive(let file, let range):
            files[file].adviseDontNeed(at: range.lowerBound, length: Int64(range.count))
        }
    }

    /// The numbers of some rows, row-major, in `room`, which has as many, or in new memory. Memory: the result, and for a view
    /// that is not contiguous the part of its storage from the first to the last number that is wanted.
    func rows<Number: PlainNumber>(
        _ rows: Range<Int>, of tensor: AssembledTensor, in room: consuming [Number]? = nil
    ) throws(CheckpointError) -> [Number] {
        var box = PieceBox<Number>(shape: tensor.shape, rows: rows, numbersPerElement: 1, in: room)
        try fill(&box, tensor)
        return box.values
    }

    /// The bytes of some rows of a tensor of any type.
    func rawRows(_ rows: Range<Int>, of tensor: AssembledTensor) throws(CheckpointError) -> [UInt8] {
        var box = PieceBox<UInt8>(shape: tensor.shape, rows: rows, numbersPerElement: tensor.type.bitCount / 8)
        try fill(&box, tensor)
        return box.values
    }

    private func fill<Number: PlainNumber>(
        _ box: inout PieceBox<Number>, _ tensor: AssembledTensor
    ) throws(CheckpointError) {
        for piece in tensor.pieces {
            guard let part = box.part(of: piece) else { continue }
            let place = try strided(piece.content, tensor, piece)
            try copy(place, piece, part, into: &box)
            for copy in piece.copies { try compare(copy, piece, part, tensor, with: box) }
        }
    }

    private func copy<Number: PlainNumber>(
        _ place: StridedBytes, _ piece: TensorPiece, _ rows: Range<Int>, into box: inout PieceBox<Number>
    ) throws(CheckpointError) {
        let view = place.rows(rows)
        let first = view.start + Int64(view.offset) * Int64(view.width)
        if view.isContiguous, let range = box.range(of: piece, rows) {
            try read(view.file, into: &box.values, range, at: first)
        } else {
            var numbers = [Number](repeating: .zero, count: view.span * box.numbersPerElement)
            try read(view.file, into: &numbers, numbers.indices, at: first)
            box.scatter(numbers, of: view, piece, rows)
        }
    }

    private func read<Number: PlainNumber>(
        _ file: Int, into values: inout [Number], _ range: Range<Int>, at offset: Int64
    ) throws(CheckpointError) {
        do { try files[file].read(into: &values, range, at: offset) } catch { throw .file(error) }
        if caching == .dropAfterReading {
            files[file].adviseDontNeed(at: offset, length: Int64(range.count * MemoryLayout<Number>.stride))
        }
    }

    /// Every rank has its own copy of what is not cut: they must be the same.
    private func compare<Number: PlainNumber>(
        _ copy: TensorPiece.Content, _ piece: TensorPiece, _ rows: Range<Int>, _ tensor: AssembledTensor,
        with box: PieceBox<Number>
    ) throws(CheckpointError) {
        var other = box
        let place = try strided(copy, tensor, piece)
        try self.copy(place, piece, rows, into: &other)
        guard ContentHash.of(other.values) == ContentHash.of(box.values) else {
            throw .pieces(
                directory: directory,
                .differsBetweenRanks(tensor: tensor.name, rank: place.file, what: "content"))
        }
    }

    /// Where a piece's numbers lie; opens the archive of one that has its own.
    private func strided(
        _ content: TensorPiece.Content, _ tensor: AssembledTensor, _ piece: TensorPiece
    ) throws(CheckpointError) -> StridedBytes {
        switch content {
        case .strided(let place): return place
        case .archive(let file, let range):
            let archive = try TorchArchive(files[file], in: range)
            let found = try archive.tensor(tensor.name)
            guard found.distribution == nil, found.local.shape == piece.sizes, found.local.type == tensor.type else {
                throw .archive(
                    file: files[file].path,
                    .unexpected(
                        "a piece of \(found.local.shape) numbers of type \(found.local.type.rawValue) (expected "
                            + "\(piece.sizes) of \(tensor.type.rawValue))", tensor: tensor.name))
            }
            return try archive.place(of: found.local, named: tensor.name, file: file)
        }
    }
}

/// Some rows of a tensor, to be filled from pieces.
struct PieceBox<Number: PlainNumber> {
    private let shape: [Int]
    private let rows: Range<Int>
    /// 1, or the bytes of an element where numbers are bytes.
    let numbersPerElement: Int
    private let perRow: Int
    var values: [Number]

    /// - Parameter room: as many numbers as the rows have, of any value: the pieces cover each.
    init(shape: [Int], rows: Range<Int>, numbersPerElement: Int, in room: consuming [Number]? = nil) {
        self.shape = shape
        self.rows = rows
        self.numbersPerElement = numbersPerElement
        perRow = shape.dropFirst().reduce(numbersPerElement, *)
        if let room = consume room {
            values = room
        } else {
            values = [Number](repeating: .zero, count: rows.count * perRow)
        }
        precondition(
            values.count == rows.count * perRow, "\(rows.count) rows of \(perRow); got \(values.count) numbers.")
    }

    /// The rows of a piece, counted from its beginning, that are wanted; nil where none is.
    func part(of piece: TensorPiece) -> Range<Int>? {
        guard let first = piece.offsets.first, let count = piece.sizes.first else { return rows.isEmpty ? nil : 0..<1 }
        let wanted = rows.clamped(to: first..<first + count)
        return wanted.isEmpty ? nil : wanted.lowerBound - first..<wanted.upperBound - first
    }

    /// Where those rows lie here, if the piece is as wide as the tensor.
    func range(of piece: TensorPiece, _ part: Range<Int>) -> Range<Int>? {
        guard piece.sizes.dropFirst() == shape.dropFirst() else { return nil }
        let first = ((piece.offsets.first ?? 0) + part.lowerBound - rows.lowerBound) * perRow
        return first..<first + part.count * perRow
    }

    /// Puts the numbers of a view of `part` into their places. `numbers` begins with the first number of the view.
    mutating func scatter(_ numbers: [Number], of view: StridedBytes, _ piece: TensorPiece, _ part: Range<Int>) {
        guard let last = view.shape.indices.last else {
            for number in 0..<numbersPerElement { values[number] = numbers[number] }
            return
        }
        // Strides of this box, in elements.
        var here = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() { here[axis] = here[axis + 1] * shape[axis + 1] }
        var origin = piece.offsets
        origin[0] += part.lowerBound - rows.lowerBound
        let corner = zip(origin, here).reduce(0) { $0 + $1.0 * $1.1 }
        var index = [Int](repeating: 0, count: view.shape.count)
        while true {
            var from = zip(index, view.strides).reduce(0) { $0 + $1.0 * $1.1 }
            var to = corner + zip(index, here).reduce(0) { $0 + $1.0 * $1.1 }
            for _ in 0..<view.shape[last] {
                for number in 0..<numbersPerElement {
                    values[to * numbersPerElement + number] = numbers[from * numbersPerElement + number]
                }
                from += view.strides[last]
                to += 1
            }
            guard Self.advance(&index, view.shape, before: last) else { return }
        }
    }

    /// To the next line of the last axis; false behind the last one.
    private static func advance(_ index: inout [Int], _ shape: [Int], before last: Int) -> Bool {
        for axis in (0..<last).reversed() {
            index[axis] += 1
            if index[axis] < shape[axis] { return true }
            index[axis] = 0
        }
        return false
    }
}
