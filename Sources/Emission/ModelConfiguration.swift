import Checkpoints

/// `config.json` of a model, of which only the type of the weights is changed.
///
/// The text is edited, not parsed and written again: loaders tell `10000.0` from `10000`, and a file that somebody
/// compares with the original should differ in one word.
enum ModelConfiguration {
    static let maximumBytes: Int64 = 16 << 20

    /// Sets `dtype` and `torch_dtype` (its name before transformers 5), at the top and in the parts of a composite
    /// model (`text_config` and the like; not in `quantization_config`, where it means something else). Where the top
    /// has neither, `torch_dtype` is added, which both old and new versions read.
    static func setting(dtype: String, in json: [UInt8], path: String) throws(EmissionError) -> [UInt8] {
        do {
            var finder = DtypeFinder()
            var scanner = try JSONScanner(json, dialect: .python)
            try finder.search(&scanner, isTop: true)
            try scanner.end()
            return finder.edited(json, dtype)
        } catch { throw .badConfiguration(file: path, error) }
    }

    /// `model_type`, such as `qwen2`; nil where there is none.
    static func modelType(in json: [UInt8], path: String) throws(EmissionError) -> String? {
        do {
            var scanner = try JSONScanner(json, dialect: .python)
            var type: String?
            try scanner.object(
                member: { (scanner, key) throws(JSONProblem) in
                    if key == "model_type", try scanner.peek() == .string {
                        type = try scanner.string()
                    } else {
                        try scanner.skip()
                    }
                }, problem: { $0 })
            return type
        } catch { throw .badConfiguration(file: path, error) }
    }
}

/// Where in the text the types stand.
private struct DtypeFinder {
    private var places: [Range<Int>] = []
    private var topHasDtype = false
    /// After the opening brace.
    private var firstMember = 0
    private var isEmpty = true

    mutating func search(_ scanner: inout JSONScanner, isTop: Bool) throws(JSONProblem) {
        if isTop {
            _ = try scanner.peek()
            firstMember = scanner.offset + 1
        }
        try scanner.object(
            member: { (scanner, key) throws(JSONProblem) in
                if isTop { isEmpty = false }
                let kind = try scanner.peek()
                let start = scanner.offset
                if key == "dtype" || key == "torch_dtype", kind == .string || kind == .null {
                    try scanner.skip()
                    places.append(start..<scanner.offset)
                    if isTop { topHasDtype = true }
                } else if kind == .object, key.hasSuffix("_config"), key != "quantization_config" {
                    try search(&scanner, isTop: false)
                } else {
                    try scanner.skip()
                }
            }, problem: { $0 })
    }

    func edited(_ json: [UInt8], _ dtype: String) -> [UInt8] {
        let value = Array(JSONText.quoted(dtype).utf8)
        var text = json
        for place in places.sorted(by: { $0.lowerBound > $1.lowerBound }) { text.replaceSubrange(place, with: value) }
        guard !topHasDtype else { return text }
        // The opening brace lies before every place: its offset has not moved.
        let member = Array("\n  \"torch_dtype\": ".utf8) + value + (isEmpty ? [] : [UInt8(ascii: ",")])
        text.insert(contentsOf: member, at: firstMember)
        return text
    }
}
