import Files
import Vocabulary

/// One or more open safetensors files as a checkpoint.
struct SafetensorsSource: TensorSource {
    private struct Place {
        let file: Int
        let entry: SafetensorsHeader.Entry
        let description: TensorDescription?
    }

    let directory: String
    let tensors: [TensorDescription]
    let otherTensors: [OtherTensor]
    let shards: [CheckpointShard]
    let files: [String: FileIdentity]
    /// Identities include side files that decide what is read (the index).
    private let watched: [FileReader]
    private let readers: [FileReader]
    private let dataStarts: [Int64]
    private let places: [TensorName: Place]
    private let caching: PageCaching

    /// - Parameters:
    ///   - weights: open files with their headers, in byte order of their names.
    ///   - index: the open index, where there is one.
    init(
        directory: String, weights: [(name: String, reader: FileReader, header: SafetensorsHeader)],
        index: (name: String, reader: FileReader)?, caching: PageCaching
    ) throws(CheckpointError) {
        var places: [TensorName: Place] = [:]
        var tensors: [TensorDescription] = []
        var others: [OtherTensor] = []
        for (number, weight) in weights.enumerated() {
            for entry in weight.header.entries {
                let description = ElementType(rawValue: entry.type.rawValue).map {
                    TensorDescription(name: entry.name, elementType: $0, shape: entry.shape)
                }
                let place = Place(file: number, entry: entry, description: description)
                if let earlier = places.updateValue(place, forKey: entry.name) {
                    throw .tensorInTwoFiles(entry.name, directory: directory, weights[earlier.file].name, weight.name)
                }
                if let description {
                    tensors.append(description)
                } else {
                    others.append(
                        OtherTensor(
                            name: entry.name, type: entry.type, shape: entry.shape, byteCount: entry.range.count))
                }
            }
        }
        self.directory = directory
        self.tensors = tensors
        self.places = places
        self.caching = caching
        otherTensors = others
        readers = weights.map(\.reader)
        dataStarts = weights.map(\.header.dataStart)
        shards = weights.map { CheckpointShard(fileName: $0.name, tensors: $0.header.entries.map(\.name)) }
        let named = weights.map { ($0.name, $0.reader) } + (index.map { [($0.name, $0.reader)] } ?? [])
        watched = named.map(\.1)
        files = Dictionary(uniqueKeysWithValues: named.map { ($0.0, $0.1.identity) })
    }

    func description(of name: TensorName) -> TensorDescription? { places[name]?.description }

    func readRows(
        _ name: TensorName, _ rows: Range<Int>, into buffers: ReadBuffers?, keepingPages: Bool
    ) throws(CheckpointError) -> TensorValues {
        let (place, description) = try readable(name)
        precondition(
            rows.lowerBound >= 0 && rows.upperBound <= description.rowCount,
            "Rows \(rows) were asked of \(name), which has \(description.rowCount).")
        let perRow = description.elementsPerRow
        let start = place.entry.range.lowerBound + rows.lowerBound * perRow * description.elementType.byteCount
        let count = rows.count * perRow
        let values: TensorValues
        switch description.elementType {
        case .bfloat16: values = .bfloat16(try numbers(count, place.file, start, buffers?.halves(count)))
        case .float16: values = .float16(try numbers(count, place.file, start, buffers?.halves(count)))
        case .float32: values = .float32(try numbers(count, place.file, start, buffers?.singles(count)))
        case .float64: values = .float64(try numbers(count, place.file, start, buffers?.doubles(count)))
        }
        if !keepingPages { drop(place.file, start, count * description.elementType.byteCount) }
        return values
    }

    func dropPages(of name: TensorName) {
        guard let place = places[name] else { return }
        drop(place.file, place.entry.range.lowerBound, place.entry.range.count)
    }

    func copyBytes(_ name: TensorName, chunk: Int, body: ([UInt8]) throws -> Void) throws {
        precondition(chunk > 0, "A tensor cannot be copied in pieces of \(chunk) bytes.")
        guard let place = places[name] else { throw CheckpointError.missingTensor(name, directory: directory) }
        var start = place.entry.range.lowerBound
        while start < place.entry.range.upperBound {
            let count = min(chunk, place.entry.range.upperBound - start)
            let bytes: [UInt8] = try numbers(count, place.file, start, nil)
            drop(place.file, start, count)
            try body(bytes)
            start += count
        }
    }

    func prefetch(_ name: TensorName) {
        guard let place = places[name] else { return }
        readers[place.file].adviseWillNeed(
            at: dataStarts[place.file] + Int64(place.entry.range.lowerBound), length: Int64(place.entry.range.count))
    }

    func verifyUnchanged() throws(CheckpointError) { try FileReader.verifyUnchanged(watched) }

    private func readable(_ name: TensorName) throws(CheckpointError) -> (Place, TensorDescription) {
        guard let place = places[name] else { throw .missingTensor(name, directory: directory) }
        guard let description = place.description else {
            throw .unsupportedType(name, type: place.entry.type, directory: directory)
        }
        return (place, description)
    }

    /// `count` numbers of one file, from `start` bytes after its header; in `room`, which has as many, or in new memory.
    private func numbers<Number: PlainNumber>(
        _ count: Int, _ file: Int, _ start: Int, _ room: consuming [Number]?
    ) throws(CheckpointError) -> [Number] {
        let offset = dataStarts[file] + Int64(start)
        do {
            guard var values = consume room else { return try readers[file].numbers(count: count, at: offset) }
            try readers[file].read(into: &values, at: offset)
            return values
        } catch { throw .file(error) }
    }

    /// Gives the pages of a range back, unless they are to be kept for good.
    private func drop(_ file: Int, _ start: Int, _ length: Int) {
        guard caching == .dropAfterReading else { return }
        readers[file].adviseDontNeed(at: dataStarts[file] + Int64(start), length: Int64(length))
    }
}
