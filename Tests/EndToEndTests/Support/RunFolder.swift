import Foundation
import TestSupport

/// A run in a folder of its own, with its configuration: a trainer that writes the example run's checkpoints when it
/// is told to.
final class RunFolder: Sendable {
    let place: TemporaryDirectory
    let watched: String
    let emitted: String
    let store: String
    let socket: String
    let configuration: String

    /// - Parameters:
    ///   - base: nil for the example run's.
    ///   - settings: lines of TOML by table, such as `["emit": ["keep = 1"]]`.
    ///   - emitted: nil for a folder below `place`.
    ///   - watched: nil for a folder below `place`.
    ///   - store: nil for a file below `place`.
    ///   - inMemory: whether `place` lies in memory, where a flush costs nothing.
    init(
        base: String? = nil, emitted: String? = nil, watched: String? = nil, store: String? = nil,
        inMemory: Bool = false, _ settings: [String: [String]] = [:]
    ) throws {
        place = try TemporaryDirectory(inMemory: inMemory)
        self.watched = try watched ?? place.makeDirectory("watched")
        self.emitted = emitted ?? place.path("emitted")
        self.store = store ?? place.path("store.sqlite")
        socket = place.path("run.sock")
        var tables = [
            "run": ["name = \"test\"", "watch = \"\(self.watched)\"", "base = \"\(try base ?? ExampleRun.base())\""],
            "emit": ["directory = \"\(self.emitted)\""],
            "store": ["path = \"\(self.store)\""],
            "socket": ["path = \"\(socket)\""],
        ]
        for (table, lines) in settings { tables[table, default: []] += lines }
        let text = tables.sorted { $0.key < $1.key }.map { "[\($0.key)]\n" + $0.value.joined(separator: "\n") + "\n" }
        configuration = try place.write(text.joined(separator: "\n"), to: "run.toml")
    }

    func folder(_ step: Int) -> String { watched + "/checkpoint-\(step)" }

    /// Writes a checkpoint as the Trainer does: weights first, `trainer_state.json` last.
    func publish(_ step: Int) throws {
        try begin(step)
        try finish(step)
    }

    func publish(_ steps: some Sequence<Int>) throws { for step in steps { try publish(step) } }

    /// Writes a checkpoint of the example run, with other weights.
    func publish(_ step: Int, weights: Data) throws {
        try begin(step)
        try weights.write(to: weightFile(step))
        try finish(step, weights: nil)
    }

    /// The first half of a checkpoint.
    func begin(_ step: Int) throws {
        try FileManager.default.createDirectory(atPath: folder(step), withIntermediateDirectories: true)
        try copy("config.json", step)
        let weights = try Self.weights(step)
        try weights.prefix(weights.count / 2).write(to: weightFile(step))
    }

    func finish(_ step: Int) throws { try finish(step, weights: Self.weights(step)) }

    private func finish(_ step: Int, weights: Data?) throws {
        if let weights {
            let file = try FileHandle(forWritingTo: weightFile(step))
            try file.seekToEnd()
            try file.write(contentsOf: weights.dropFirst(Int(try file.offset())))
            try file.close()
        }
        try copy("generation_config.json", step)
        try copy("trainer_state.json", step)
    }

    /// Names of the predictions that are there.
    var predictedFolders: [String] {
        get throws {
            guard FileManager.default.fileExists(atPath: emitted) else { return [] }
            return try FileManager.default.contentsOfDirectory(atPath: emitted).filter { $0.hasPrefix("step-") }
                .sorted()
        }
    }

    static func weights(_ step: Int) throws -> Data {
        try Data(contentsOf: URL(filePath: ExampleRun.checkpoint(step) + "/model.safetensors"))
    }

    private func weightFile(_ step: Int) -> URL { URL(filePath: folder(step) + "/model.safetensors") }

    /// With a modification time of its own: now.
    private func copy(_ name: String, _ step: Int) throws {
        let content = try Data(contentsOf: URL(filePath: ExampleRun.checkpoint(step) + "/" + name))
        try content.write(to: URL(filePath: folder(step) + "/" + name))
    }
}
