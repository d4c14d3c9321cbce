import Vocabulary

/// Goes through the JSON of a safetensors header once, member by member.
struct HeaderParser {
    private(set) var entries: [SafetensorsHeader.Entry] = []
    private(set) var metadata: [String: String] = [:]
    private var names: Set<String> = []
    private var hasMetadata = false
    private var scanner: JSONScanner

    init(_ json: [UInt8]) throws(SafetensorsProblem) {
        do { scanner = try JSONScanner(json) } catch { throw .notJSON(error) }
    }

    mutating func parse() throws(SafetensorsProblem) {
        var scanner = scanner
        try scanner.object(
            member: { (scanner, key) throws(SafetensorsProblem) in
                if key == "__metadata__" { try parseMetadata(&scanner) } else { try parseTensor(key, &scanner) }
            }, problem: { .notJSON($0) })
        do { try scanner.end() } catch { throw .notJSON(error) }
    }

    private mutating func parseMetadata(_ scanner: inout JSONScanner) throws(SafetensorsProblem) {
        guard !hasMetadata else { throw .duplicateMetadata }
        hasMetadata = true
        do {
            if try scanner.null() { return }
            try scanner.object(
                member: { (scanner, key) throws(JSONProblem) in metadata[key] = try scanner.string() }, problem: { $0 })
        } catch { throw .notJSON(error) }
    }

    private mutating func parseTensor(_ name: String, _ scanner: inout JSONScanner) throws(SafetensorsProblem) {
        guard name.utf8.count <= SafetensorsLimits.nameBytes else { throw .nameTooLong(bytes: name.utf8.count) }
        guard names.insert(name).inserted else { throw .duplicateTensor(name) }
        guard names.count <= SafetensorsLimits.tensorsPerFile else { throw .tooManyTensors }
        var fields = TensorFields(tensor: name)
        try scanner.object(
            member: { (scanner, key) throws(SafetensorsProblem) in try fields.take(key, &scanner) },
            problem: { .notJSON($0) })
        entries.append(try fields.entry())
    }
}

/// The fields of one tensor's entry, as they come.
private struct TensorFields {
    let tensor: String
    private var type: String?
    private var shape: [Int]?
    private var offsets: [Int]?

    init(tensor: String) { self.tensor = tensor }

    mutating func take(_ key: String, _ scanner: inout JSONScanner) throws(SafetensorsProblem) {
        do {
            switch key {
            case "dtype":
                guard type == nil else { throw SafetensorsProblem.duplicateField(key, tensor: tensor) }
                type = try scanner.string()
            case "shape":
                guard shape == nil else { throw SafetensorsProblem.duplicateField(key, tensor: tensor) }
                shape = try counts(&scanner)
            case "data_offsets":
                guard offsets == nil else { throw SafetensorsProblem.duplicateField(key, tensor: tensor) }
                offsets = try counts(&scanner)
            default: try scanner.skip()
            }
        } catch let problem as JSONProblem {
            throw .notJSON(problem)
        } catch let problem as SafetensorsProblem {
            throw problem
        } catch { preconditionFailure("A header's fields fail with one of two errors; got \(error).") }
    }

    private func counts(_ scanner: inout JSONScanner) throws(JSONProblem) -> [Int] {
        var values: [Int] = []
        try scanner.array { (scanner) throws(JSONProblem) in values.append(try scanner.count()) }
        return values
    }

    func entry() throws(SafetensorsProblem) -> SafetensorsHeader.Entry {
        guard let typeName = type else { throw .missingField("dtype", tensor: tensor) }
        guard let dimensions = shape else { throw .missingField("shape", tensor: tensor) }
        guard let offsets else { throw .missingField("data_offsets", tensor: tensor) }
        guard let type = StoredType(rawValue: typeName) else { throw .unknownType(typeName, tensor: tensor) }
        guard dimensions.count <= SafetensorsLimits.dimensions else {
            throw .tooManyDimensions(dimensions.count, tensor: tensor)
        }
        guard offsets.count == 2 else { throw .wrongOffsetCount(offsets.count, tensor: tensor) }
        let (begin, end) = (offsets[0], offsets[1])
        guard begin <= end else { throw .endBeforeBegin(begin: begin, end: end, tensor: tensor) }
        let expected = try byteCount(of: dimensions, type)
        guard end - begin == expected else { throw .wrongSize(bytes: end - begin, expected: expected, tensor: tensor) }
        return SafetensorsHeader.Entry(
            name: TensorName(tensor), type: type, shape: TensorShape(dimensions), range: begin..<end)
    }

    private func byteCount(of dimensions: [Int], _ type: StoredType) throws(SafetensorsProblem) -> Int {
        // A dimension of 0 must not hide that the others are too large: rows and columns are computed without it.
        var bits = type.bitCount
        for dimension in dimensions where dimension != 0 {
            let (product, overflow) = bits.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw .sizeOverflow(tensor: tensor) }
            bits = product
        }
        if dimensions.contains(0) { return 0 }
        guard bits % 8 == 0 else { throw .fractionOfAByte(bits: bits, tensor: tensor) }
        return bits / 8
    }
}
