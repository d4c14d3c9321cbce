import Vocabulary

extension StoredCheckpoint {
    /// How the weights are stored, in words for a person: "FSDP shards, 4 ranks, float32".
    public var form: String {
        let names = source.files.keys.sorted()
        let container = Self.container(of: names)
        let types = ElementType.allCases.filter { type in source.tensors.contains { $0.elementType == type } }
        let precision = types.isEmpty ? "no numbers" : types.map(\.words).joined(separator: " and ")
        switch self {
        case .weights: return "\(container), \(precision)"
        case .adapter(let adapter):
            let joint = container.hasPrefix("FSDP") ? " in " : ", "
            let wholes = adapter.wholes.count
            return "PEFT adapter\(joint)\(container), \(precision)"
                + (wholes == 0 ? "" : ", with \(wholes) whole tensor\(wholes == 1 ? "" : "s")")
        }
    }

    private static func container(of names: [String]) -> String {
        func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
        let shards = names.filter { FSDPShards.rank(ofFile: $0) != nil }.count
        if shards > 0 { return "FSDP shards, \(count(shards, "rank"))" }
        let parts = names.filter { $0.hasSuffix(".distcp") }.count
        if parts > 0 { return "torch.distributed.checkpoint, \(count(parts, "file"))" }
        let ranks = Set(names.compactMap { SafetensorsSlices.rank(ofFile: $0) }).count
        if ranks > 0 { return "safetensors slices, \(count(ranks, "rank"))" }
        let archives = names.filter { name in [".bin", ".pt", ".pth"].contains(where: name.hasSuffix) }.count
        if archives > 0 { return "torch archive, \(count(archives, "file"))" }
        return "safetensors, \(count(names.filter { $0.hasSuffix(".safetensors") }.count, "file"))"
    }
}

extension ElementType {
    /// As libraries name it.
    fileprivate var words: String {
        switch self {
        case .bfloat16: "bfloat16"
        case .float16: "float16"
        case .float32: "float32"
        case .float64: "float64"
        }
    }
}
