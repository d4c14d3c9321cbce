import Foundation

/// A tensor for a test's checkpoint, as the bytes that go into the file.
public struct TinyTensor: Sendable {
    public let name: String
    /// As safetensors writes it: `F32`, `BF16`, ...
    public let type: String
    public let shape: [Int]
    public let bytes: [UInt8]

    public init(_ name: String, type: String, shape: [Int], bytes: [UInt8]) {
        (self.name, self.type, self.shape, self.bytes) = (name, type, shape, bytes)
    }

    public static func float32(_ name: String, _ shape: [Int], _ values: [Float]) -> TinyTensor {
        TinyTensor(name, type: "F32", shape: shape, bytes: values.flatMap { littleEndian($0.bitPattern) })
    }

    public static func float64(_ name: String, _ shape: [Int], _ values: [Double]) -> TinyTensor {
        TinyTensor(name, type: "F64", shape: shape, bytes: values.flatMap { littleEndian($0.bitPattern) })
    }

    public static func float16(_ name: String, _ shape: [Int], _ values: [Float]) -> TinyTensor {
        TinyTensor(name, type: "F16", shape: shape, bytes: values.flatMap { littleEndian(Float16($0).bitPattern) })
    }

    /// The bit patterns as they are.
    public static func bfloat16(_ name: String, _ shape: [Int], bits: [UInt16]) -> TinyTensor {
        TinyTensor(name, type: "BF16", shape: shape, bytes: bits.flatMap { littleEndian($0) })
    }

    /// Cut off, not rounded: give values that bfloat16 can hold where it matters.
    public static func bfloat16(_ name: String, _ shape: [Int], _ values: [Float]) -> TinyTensor {
        bfloat16(name, shape, bits: values.map { UInt16($0.bitPattern >> 16) })
    }

    public static func int64(_ name: String, _ shape: [Int], _ values: [Int64]) -> TinyTensor {
        TinyTensor(name, type: "I64", shape: shape, bytes: values.flatMap { littleEndian($0) })
    }

    static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value($0 * 8)) }
    }
}

/// Writes small checkpoints in Hugging Face form, without any of the code under test.
public enum TinyCheckpoint {
    /// A safetensors file with the tensors in the order given.
    public static func safetensors(_ tensors: [TinyTensor], metadata: [String: String]? = ["format": "pt"]) -> [UInt8] {
        var members: [String] = []
        if let metadata {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for tensor in tensors {
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.type)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(offset),\(offset + tensor.bytes.count)]}")
            offset += tensor.bytes.count
        }
        return safetensors(header: "{" + members.joined(separator: ",") + "}", data: tensors.flatMap(\.bytes))
    }

    /// A file with this header, whatever it says, and these bytes after it.
    public static func safetensors(header: String, data: [UInt8] = []) -> [UInt8] {
        TinyTensor.littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + data
    }

    /// A folder with `model.safetensors`, `config.json` and the like. Made where it is missing.
    public static func write(_ tensors: [TinyTensor], to directory: String) throws {
        try prepare(directory)
        try put(safetensors(tensors), directory, "model.safetensors")
    }

    /// The same in several files, `model-00001-of-0000N.safetensors`, with their index.
    public static func writeSharded(_ shards: [[TinyTensor]], to directory: String) throws {
        try prepare(directory)
        var map: [String] = []
        for (number, tensors) in shards.enumerated() {
            let name = shardName(number + 1, of: shards.count)
            try put(safetensors(tensors), directory, name)
            map += tensors.map { "\(quoted($0.name)): \(quoted(name))" }
        }
        let size = shards.joined().reduce(0) { $0 + $1.bytes.count }
        let index = "{\"metadata\": {\"total_size\": \(size)}, \"weight_map\": {\(map.joined(separator: ", "))}}"
        try put(Array(index.utf8), directory, "model.safetensors.index.json")
    }

    public static func shardName(_ number: Int, of count: Int) -> String {
        "model-" + padded(number) + "-of-" + padded(count) + ".safetensors"
    }

    /// What lies beside the weights: text that looks like a trainer's, with a `dtype`.
    ///
    /// - Parameter state: members of `trainer_state.json` besides the step.
    public static func writeSideFiles(
        to directory: String, dtype: String = "float32", step: Int? = nil, state: String = "\"log_history\": []"
    ) throws {
        try prepare(directory)
        let config =
            "{\n  \"architectures\": [\"Qwen2ForCausalLM\"],\n  \"dtype\": \"\(dtype)\",\n  \"rope_theta\": 10000.0\n}\n"
        try put(Array(config.utf8), directory, "config.json")
        try put(Array("{\"eos_token_id\": 1}\n".utf8), directory, "generation_config.json")
        try put(Array("{\"version\": \"1.0\"}\n".utf8), directory, "tokenizer.json")
        try put(Array("{\"tokenizer_class\": \"Qwen2Tokenizer\"}\n".utf8), directory, "tokenizer_config.json")
        guard let step else { return }
        try put(Array("{\"global_step\": \(step), \(state)}\n".utf8), directory, "trainer_state.json")
    }

    private static func prepare(_ directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    private static func put(_ bytes: [UInt8], _ directory: String, _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: directory + "/" + name))
    }

    private static func padded(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"") + "\""
    }
}
