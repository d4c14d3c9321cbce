import Foundation
import TestSupport

/// A safetensors file taken apart, for writing it again with something wrong in it.
struct WeightFile {
    struct Tensor {
        var type: String
        var shape: [Int]
        var bytes: Data

        func with(shape: [Int]) -> Tensor { Tensor(type: type, shape: shape, bytes: bytes) }
        func with(type: String) -> Tensor { Tensor(type: type, shape: shape, bytes: bytes) }

        /// bfloat16 only: the entry becomes not a number.
        func withNaN(at entry: Int) -> Tensor {
            var bytes = Data(bytes)
            bytes[2 * entry] = 0xC1
            bytes[2 * entry + 1] = 0x7F
            return Tensor(type: type, shape: shape, bytes: bytes)
        }
    }

    private struct Entry: Decodable {
        var dtype: String
        var shape: [Int]
        var offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case offsets = "data_offsets"
        }
    }

    let bytes: Data
    let headerText: String
    let data: Data

    init(_ bytes: Data) throws {
        self.bytes = bytes
        let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        headerText = String(decoding: bytes.dropFirst(8).prefix(length), as: UTF8.self)
        data = Data(bytes.dropFirst(8 + length))
    }

    /// The file again, with each tensor as `change` has it; nil leaves it out.
    func rewritten(_ change: (String, Tensor) -> Tensor?) throws -> Data {
        var object = try JSONSerialization.jsonObject(with: Data(headerText.utf8)) as? [String: Any] ?? [:]
        object["__metadata__"] = nil
        let header = try JSONDecoder().decode(
            [String: Entry].self, from: try JSONSerialization.data(withJSONObject: object))
        let tensors = header.sorted { $0.value.offsets[0] < $1.value.offsets[0] }.compactMap { name, entry in
            change(name, Tensor(type: entry.dtype, shape: entry.shape, bytes: slice(entry.offsets))).map {
                TinyTensor(name, type: $0.type, shape: $0.shape, bytes: Array($0.bytes))
            }
        }
        return Data(TinyCheckpoint.safetensors(tensors))
    }

    private func slice(_ offsets: [Int]) -> Data {
        Data(data[data.startIndex + offsets[0]..<data.startIndex + offsets[1]])
    }

    static func joined(header: String, data: Data) -> Data {
        Data(TinyCheckpoint.safetensors(header: header, data: Array(data)))
    }
}
