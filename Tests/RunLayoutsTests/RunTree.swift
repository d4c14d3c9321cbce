import Foundation
import RunLayouts
import TestSupport
import Vocabulary

/// A run's folder for one test, written file by file with times that the test decides.
final class RunTree {
    let folder: TemporaryDirectory
    /// Of the last file written, in seconds since 1970. Each file is a second newer than the one before.
    private(set) var time: Int64 = 1_700_000_000

    init() throws { folder = try TemporaryDirectory() }

    var root: String { folder.path }

    func write(_ path: String, _ bytes: [UInt8]) throws {
        if let slash = path.lastIndex(of: "/") { try folder.makeDirectory(String(path[..<slash])) }
        try folder.write(bytes, to: path)
        time += 1
        try setTime(path, time)
    }

    func write(_ path: String, _ text: String) throws { try write(path, Array(text.utf8)) }

    func setTime(_ path: String, _ seconds: Int64) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: TimeInterval(seconds))], ofItemAtPath: folder.path(path))
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: folder.path(path)) }

    func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: folder.path(path), withDestinationPath: target)
    }

    /// A weight file of two small tensors.
    static func weights(_ seed: Float = 0) -> [UInt8] {
        TinyCheckpoint.safetensors([
            .float32("a", [2, 2], [seed, 1, 2, 3]), .float32("b", [3], [4, 5, seed]),
        ])
    }

    /// What PEFT saves for one linear module, without its configuration.
    static func adapter(_ seed: Float = 0) -> [UInt8] {
        TinyCheckpoint.safetensors([
            .float32("base_model.model.m.lora_A.weight", [1, 3], [seed, 1, 2]),
            .float32("base_model.model.m.lora_B.weight", [2, 1], [3, 4]),
        ])
    }

    static func adapterSettings(alpha: Double = 8) -> String { "{\"peft_type\": \"LORA\", \"lora_alpha\": \(alpha)}" }

    static func shard(_ name: String, _ seed: Float = 0) -> [UInt8] {
        TinyCheckpoint.safetensors([.float32(name, [2, 2], [seed, 1, 2, 3])])
    }

    static let index = """
        {"metadata": {"total_size": 32}, "weight_map": {"a": "model-00001-of-00002.safetensors", \
        "b": "model-00002-of-00002.safetensors"}}
        """

    static func state(_ step: Int) -> String {
        "{\n  \"best_metric\": null,\n  \"global_step\": \(step),\n  \"max_steps\": 500,\n  \"log_history\": []\n}\n"
    }

    /// A finished folder of the Trainer.
    func writeTrainerCheckpoint(_ step: Int, in parent: String = "") throws {
        let folder = parent + "checkpoint-\(step)/"
        try write(folder + "config.json", "{}")
        try write(folder + "model.safetensors", Self.weights(Float(step)))
        try write(folder + "trainer_state.json", Self.state(step))
    }
}

extension CheckpointCompleteness {
    /// The case without what it carries, for tables of expectations.
    var kind: String {
        switch self {
        case .complete(_, .marked): "marked"
        case .complete(_, .unmarked): "unmarked"
        case .complete(_, .doubtful): "doubtful"
        case .incomplete: "incomplete"
        case .gone: "gone"
        case .ours: "ours"
        case .notReadable: "not readable"
        case .unusable: "unusable"
        }
    }

    var stamp: CheckpointStamp? {
        if case .complete(let stamp, _) = self { return stamp }
        return nil
    }

    var reason: String {
        switch self {
        case .incomplete(let reason), .gone(let reason), .notReadable(let reason), .unusable(let reason): reason
        case .complete(_, .doubtful(let reason)): reason
        case .complete, .ours: ""
        }
    }
}

extension RunLayout {
    /// The one candidate of a step.
    func judge(_ step: Int, in tree: RunTree) throws -> CheckpointCompleteness {
        guard let candidate = try candidates(in: tree.root).first(where: { $0.step.value == step }) else {
            return .gone(reason: "not listed")
        }
        return try completeness(of: candidate)
    }

    func steps(in tree: RunTree) throws -> [Int] { try candidates(in: tree.root).map(\.step.value) }
}
