import Vocabulary

/// Where a module is in its model, read from its name: the number of its layer, and which of the layer's weights it is.
struct ModulePlace: Hashable, Sendable {
    /// Nil for a weight outside the layers.
    let layer: Int?
    /// Such as `self_attn.q_proj`; further numbers, of experts for one, are `*`.
    let kind: String
    /// The further numbers, such as `17` for an expert.
    let members: [Int]

    init(_ name: TensorName) {
        // `down_proj[17]`, an expert of a layer that keeps them in one tensor, is read as `down_proj.17`.
        let text = name.text.replacing("[", with: ".").replacing("]", with: "")
        var parts = text.split(separator: ".").map(String.init)
        if parts.count > 1, parts.last == "weight" { parts.removeLast() }
        let first = parts.firstIndex { Int($0) != nil }
        layer = first.flatMap { Int(parts[$0]) }
        let rest = first.map { Array(parts[($0 + 1)...]) } ?? parts
        members = rest.compactMap(Int.init)
        kind = rest.isEmpty ? name.text : rest.map { Int($0) == nil ? $0 : "*" }.joined(separator: ".")
    }

    /// Attention before the rest, in the order in which they work; then by name.
    static func precedes(_ left: String, _ right: String) -> Bool {
        (rank(left), left) < (rank(right), right)
    }

    private static func rank(_ kind: String) -> Int {
        let order = ["q_proj", "k_proj", "v_proj", "qkv", "o_proj", "gate", "up", "down"]
        return order.firstIndex { kind.contains($0) } ?? order.count
    }
}
