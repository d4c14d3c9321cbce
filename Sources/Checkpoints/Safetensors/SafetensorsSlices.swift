import Files
import Vocabulary

/// Safetensors files that hold slices of tensors, as torch.distributed.checkpoint writes them
/// (`HuggingFaceStorageWriter(save_distributed=True)`): `shard-RANK-model-I-of-N.safetensors`.
///
/// Each is a valid file whose shapes are those of the slices; where they belong is in `__metadata__`: `DCP_SHARDING_INFO`
/// is JSON, `{"name": {"saved_offsets": [row, column]}}`. Nothing says how large a tensor is: it reaches as far as its
/// slices, which must fill it. A missing last rank therefore shows only as a shape that is not the base's.
enum SafetensorsSlices {
    /// The rank of a file's name, from 1 on; nil for other names.
    static func rank(ofFile name: String) -> Int? {
        name.wholeMatch(of: /shard-(\d{5,6})-model-\d{5}-of-\d{5}\.safetensors/).flatMap { Int($0.output.1) }
    }

    /// - Parameter files: all of the folder, opened, with their headers.
    static func assemble(
        _ files: [(name: String, header: SafetensorsHeader)]
    ) throws(ShardProblem) -> [AssembledTensor] {
        let ranks = Set(files.compactMap { rank(ofFile: $0.name) }).sorted()
        let missing = (1...max(1, ranks.last ?? 1)).filter { !ranks.contains($0) }
        if let first = missing.first { throw .missingFile("shard-\(padded(first))-model-...") }
        var order: [TensorName] = []
        var slices: [TensorName: [(piece: TensorPiece, type: StoredType)]] = [:]
        for (number, file) in files.enumerated() {
            let offsets = try offsets(in: file.header, file.name)
            for entry in file.header.entries {
                guard let corner = offsets[entry.name.text], corner.count == entry.shape.dimensions.count else {
                    throw .badSlices(file: file.name, "nothing says where \(shown(entry.name.text)) belongs")
                }
                let place = StridedBytes(
                    file: number, start: file.header.dataStart + Int64(entry.range.lowerBound),
                    width: max(1, entry.type.bitCount / 8), shape: entry.shape.dimensions)
                let piece = TensorPiece(
                    offsets: corner, sizes: entry.shape.dimensions, content: .strided(place))
                if slices[entry.name] == nil { order.append(entry.name) }
                slices[entry.name, default: []].append((piece, entry.type))
            }
        }
        return try order.map { name throws(ShardProblem) in try tensor(name.text, slices[name] ?? []) }
    }

    /// Whether a file says nothing of slices, or that each of its tensors begins at its beginning, as torch 2.13 does of
    /// whole ones (`save_distributed=False`). Whether one also reaches to its end is seen from the base's shape.
    static func beginAtZero(_ header: SafetensorsHeader) -> Bool {
        guard header.metadata[SafetensorsHeader.sliceKey] != nil else { return true }
        // What cannot be understood is a slice until it is shown to be whole.
        guard let offsets = try? offsets(in: header, "") else { return false }
        return header.entries.allSatisfy {
            offsets[$0.name.text] == Array(repeating: 0, count: $0.shape.dimensions.count)
        }
    }

    private static func padded(_ rank: Int) -> String {
        String(repeating: "0", count: max(0, 5 - "\(rank)".count)) + "\(rank)"
    }

    private static func tensor(
        _ name: String, _ slices: [(piece: TensorPiece, type: StoredType)]
    ) throws(ShardProblem) -> AssembledTensor {
        guard let first = slices.first else { throw .incomplete(tensor: name, got: 0, expected: 1) }
        var shape = first.piece.sizes
        for (number, slice) in slices.enumerated() {
            guard slice.type == first.type, slice.piece.sizes.count == shape.count else {
                throw .differsBetweenRanks(tensor: name, rank: number, what: "type or number of axes")
            }
            for axis in shape.indices {
                let (end, overflow) = slice.piece.offsets[axis].addingReportingOverflow(slice.piece.sizes[axis])
                guard !overflow else {
                    throw .outside(
                        tensor: name, offsets: slice.piece.offsets, sizes: slice.piece.sizes, shape: shape)
                }
                shape[axis] = max(shape[axis], end)
            }
        }
        do { _ = try StridedTensor.product(shape, name) } catch {
            throw .outside(tensor: name, offsets: first.piece.offsets, sizes: first.piece.sizes, shape: shape)
        }
        return try AssembledTensor(name: name, type: first.type, shape: shape, pieces: slices.map(\.piece))
    }

    private static func offsets(in header: SafetensorsHeader, _ file: String) throws(ShardProblem) -> [String: [Int]] {
        guard let json = header.metadata[SafetensorsHeader.sliceKey] else { throw .mixed(file: file) }
        do {
            var offsets: [String: [Int]] = [:]
            var scanner = try JSONScanner(Array(json.utf8))
            try scanner.object(
                member: { (scanner, name) throws(JSONProblem) in
                    try scanner.object(
                        member: { (scanner, key) throws(JSONProblem) in
                            guard key == "saved_offsets" else { return try scanner.skip() }
                            var corner: [Int] = []
                            try scanner.array { (scanner) throws(JSONProblem) in corner.append(try scanner.count()) }
                            offsets[name] = corner
                        }, problem: { $0 })
                }, problem: { $0 })
            try scanner.end()
            return offsets
        } catch { throw .badSlices(file: file, "\(error)") }
    }
}
