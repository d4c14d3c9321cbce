import Foundation

/// Files that lie beside the one whose bytes are tried.
enum FuzzFiles {
    static let shard = safetensors([("w", [2])])
    static let base = safetensors([("model.a.weight", [4, 4]), ("model.b.weight", [2, 4])])
    static let adapter = safetensors([
        ("base_model.model.model.a.lora_A.weight", [2, 4]), ("base_model.model.model.a.lora_B.weight", [4, 2]),
        ("base_model.model.model.b.lora_A.weight", [1, 4]), ("base_model.model.model.b.lora_B.weight", [2, 1]),
    ])
    /// A `.distcp` file that is one item of 428 bytes: `torch.save` of a 4 x 4 tensor (pickle by torch 2.13).
    static let item: [UInt8] = {
        let pickle = """
            gAJjdG9yY2guX3V0aWxzCl9yZWJ1aWxkX3RlbnNvcl92MgpxACgoWAcAAABzdG9yYWdlcQFjdG9yY2gKRmxvYXRTdG9yYWdlCnECWAEAAAAwcQNY\
            AwAAAGNwdXEESxB0cQVRSwBLBEsEhnEGSwRLAYZxB4ljY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQgpUnEJdHEKUnELLg==
            """
        guard let bytes = Data(base64Encoded: pickle) else { fatalError("The pickle is not base64.") }
        return StoredArchive.of([("a/data.pkl", [UInt8](bytes)), ("a/data/0", [UInt8](repeating: 0, count: 64))])
    }()

    /// Tensors of float32 zeros.
    private static func safetensors(_ tensors: [(name: String, shape: [Int])]) -> [UInt8] {
        var offset = 0
        let entries = tensors.map { tensor in
            let start = offset
            offset += 4 * tensor.shape.reduce(1, *)
            return #""\#(tensor.name)":{"dtype":"F32","shape":\#(tensor.shape),"data_offsets":[\#(start),\#(offset)]}"#
        }
        let header = Array("{\(entries.joined(separator: ","))}".utf8)
        let length = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(header.count) >> (8 * $0)) }
        return length + header + [UInt8](repeating: 0, count: offset)
    }
}
