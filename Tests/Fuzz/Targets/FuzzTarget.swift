import Checkpoints
import ConfigurationFile
import Files
import Foundation
import RunLayouts
import StatusAPI
import Vocabulary

/// What is fuzzed: everything that reads bytes of others. A target returns whatever it makes of the bytes, an error
/// included; it fails by ending the process.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// A whole safetensors file: header and tensors.
    case safetensors
    /// `model.safetensors.index.json`, beside one shard.
    case shardIndex = "shard-index"
    /// `trainer_state.json` as Python writes it, bare NaN included.
    case trainerState = "trainer-state"
    case configuration
    /// The bodies and the query of requests to the socket.
    case request

    public func run(_ bytes: [UInt8]) {
        switch self {
        case .safetensors: readAll(FileInMemory(["model.safetensors": bytes]))
        case .shardIndex:
            readAll(
                FileInMemory(["model.safetensors.index.json": bytes, "model-00001-of-00001.safetensors": Self.shard]))
        case .trainerState: readTrainerState(bytes)
        case .configuration: readConfiguration(bytes)
        case .request: readRequest(bytes)
        }
    }

    private static let shard: [UInt8] = {
        let header = #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
        return (0..<8).map { UInt8(truncatingIfNeeded: UInt64(header.utf8.count) >> (8 * $0)) } + Array(header.utf8)
            + [0, 0, 0, 0, 0, 0, 0, 0]
    }()

    /// Tensors are at most as large as their file: what a header claims takes no memory.
    private func readAll(_ files: FileInMemory) {
        do {
            let source = try CheckpointReader.open(directory: FileInMemory.folder, calls: files.calls)
            for tensor in source.tensors {
                let values = try source.read(tensor.name)
                precondition(values.count == tensor.shape.elementCount, "\(tensor) gave \(values.count) numbers.")
            }
            for tensor in source.otherTensors { try source.copyBytes(tensor.name, chunk: 64) { _ in } }
        } catch {
            Self.describe(error)
        }
    }

    private func readTrainerState(_ bytes: [UInt8]) {
        do {
            let state = try TrainerState(json: bytes)
            for name in state.names.prefix(8) {
                for row in state.series(name) { precondition(row.value.isFinite, "\(name) is \(row.value).") }
            }
        } catch { Self.describe(error) }
    }

    private func readConfiguration(_ bytes: [UInt8]) {
        do {
            let text = String(decoding: bytes, as: UTF8.self)
            let configuration = try RunConfiguration.parse(text, path: "/fuzz/run.toml", directory: "/fuzz")
            _ = configuration.factors.filter.tracks("model.layers.0.self_attn.q_proj.weight")
        } catch { Self.describe(error) }
    }

    private func readRequest(_ bytes: [UInt8]) {
        let data = Data(bytes)
        func decode<Document: Decodable>(_ type: Document.Type) {
            do { _ = try JSONCoding.decode(type, from: data) } catch { Self.describe(error) }
        }
        decode(PredictionRequest.self)
        decode(MetricPost.self)
        decode([MetricPost].self)
        decode(LogLevelDocument.self)
        _ = ModuleOrder(parsing: String(decoding: bytes, as: UTF8.self))
    }

    /// Messages are made of hostile names, too: of one line, and not longer than a screen.
    private static func describe(_ error: any Error) {
        let text = (error as? DecodingError).map { JSONCoding.explanation(of: $0) } ?? "\(error)"
        precondition(!text.isEmpty, "An error says nothing.")
    }
}
