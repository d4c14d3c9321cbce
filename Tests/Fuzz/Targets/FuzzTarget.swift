import Checkpoints
import ConfigurationFile
import Files
import Foundation
import RunLayouts
import StatusAPI
import TensorBoardEvents
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
    /// Whatever a client sends to the socket.
    case http
    /// A whole file of `torch.save`: the container.
    case torchArchive = "torch-archive"
    /// What lies in such a file: a state dictionary as a pickle.
    case pickle
    /// `.metadata` of torch.distributed.checkpoint, beside one file of it.
    case metadata
    /// `adapter_config.json` of PEFT, beside two small matrices and their base.
    case adapter
    /// An event file of TensorBoard, and what one record of it holds.
    case eventFile = "event-file"
    /// A file of metrics, one JSON object a line.
    case metricsFile = "metrics-file"

    public func run(_ bytes: [UInt8]) {
        switch self {
        case .safetensors: readAll(FileInMemory(["model.safetensors": bytes]))
        case .shardIndex:
            readAll(
                FileInMemory([
                    "model.safetensors.index.json": bytes, "model-00001-of-00001.safetensors": FuzzFiles.shard,
                ]))
        case .trainerState: readTrainerState(bytes)
        case .configuration: readConfiguration(bytes)
        case .request: readRequest(bytes)
        case .http: ask(bytes)
        case .torchArchive: readAll(FileInMemory(["pytorch_model.bin": bytes]))
        case .pickle: readAll(FileInMemory(["pytorch_model.bin": StoredArchive.around(pickle: bytes)]))
        case .metadata: readAll(FileInMemory([".metadata": bytes, "__0_0.distcp": FuzzFiles.item]))
        case .adapter: readAdapter(bytes)
        case .eventFile: readEvents(bytes)
        case .metricsFile: readMetrics(bytes)
        }
    }

    /// Tensors are at most as large as their file: what a header claims takes no memory.
    private func readAll(_ files: FileInMemory) {
        do {
            let source = try CheckpointReader.open(directory: FileInMemory.folder, calls: files.calls)
            for tensor in source.tensors {
                let values = try source.read(tensor.name)
                claim(values.count == tensor.shape.elementCount, "\(tensor) gave \(values.count) numbers.")
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
                for row in state.series(name) { claim(row.value.isFinite, "\(name) is \(row.value).") }
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

    /// No answer of a healthy server begins with 5.
    private func ask(_ bytes: [UInt8]) {
        let answer = FuzzServer.shared.answer(to: bytes)
        let status = String(decoding: answer.prefix(12), as: UTF8.self)
        claim(answer.isEmpty || status.hasPrefix("HTTP/1.") && !status.contains(" 5"), "\(status) was answered.")
    }

    private func readAdapter(_ bytes: [UInt8]) {
        let files = FileInMemory([
            "adapter_config.json": bytes, "adapter_model.safetensors": FuzzFiles.adapter,
            "model.safetensors": FuzzFiles.base,
        ])
        do {
            let base = try CheckpointReader.open(directory: FileInMemory.folder, calls: files.calls)
            let adapter = try LowRankAdapter.open(directory: FileInMemory.folder, calls: files.calls)
            _ = try adapter?.placed(on: base)
        } catch { Self.describe(error) }
    }

    private func readEvents(_ bytes: [UInt8]) {
        // A record's checksums are beyond any fuzzer: what lies in it is tried by itself, too.
        for content in [bytes, RecordFraming.record(bytes)] {
            var files = EventFiles(path: FileInMemory.folder)
            let name = "events.out.tfevents.1700000000.node"
            do {
                for row in try files.readNew(calls: FileInMemory([name: content]).calls) { Self.check(row) }
            } catch { Self.describe(error) }
        }
    }

    private func readMetrics(_ bytes: [UInt8]) {
        var file = MetricsFile(path: FileInMemory.folder + "/metrics.jsonl")
        do {
            for row in try file.readNew(calls: FileInMemory(["metrics.jsonl": bytes]).calls) { Self.check(row) }
        } catch { Self.describe(error) }
    }

    private static func check(_ row: LogRow) {
        claim(row.step.value >= 0 && row.values.values.allSatisfy(\.isFinite), "A row is \(row).")
    }

    /// Messages are made of hostile names, too: of one line, and not longer than a screen.
    private static func describe(_ error: any Error) {
        let text = (error as? DecodingError).map { JSONCoding.explanation(of: $0) } ?? "\(error)"
        claim(!text.isEmpty, "An error says nothing.")
    }
}

/// Ends the process with its message in optimised builds, too.
func claim(_ holds: Bool, _ message: @autoclosure () -> String) {
    if !holds { fatalError(message()) }
}
