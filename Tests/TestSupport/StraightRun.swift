import Foundation

/// A run of two small matrices that move in a straight line, with a little noise: reading all of it takes milliseconds,
/// and a prediction is due after the sixth checkpoint. In Hugging Face form, steps 10, 20, ...
public struct StraightRun: Sendable {
    public static let steps = Array(stride(from: 10, through: 80, by: 10))
    /// Modules that are tracked by default.
    public static let modules = ["model.layers.0.self_attn.q_proj.weight", "model.layers.0.mlp.up_proj.weight"]

    public let base: String
    public let watched: String
    /// Where the trainer says that the run ends, with an accuracy for each step; nil: it says nothing.
    private let end: Int?
    private let weights: [String: (shape: [Int], base: [Float], direction: [Float])]

    /// - Parameters:
    ///   - place: gets the folders `base` and `watched`.
    ///   - seed: another one is another run from another base.
    ///   - end: the trainer's log says that the run ends there, and how accurate it is; nil: the log is empty.
    public init(in place: TemporaryDirectory, seed: UInt64 = 11, end: Int? = nil) throws {
        self.end = end
        base = place.path("base")
        watched = try place.makeDirectory("watched")
        var generator = SeededGenerator(seed: seed)
        var weights: [String: (shape: [Int], base: [Float], direction: [Float])] = [:]
        for (name, shape) in zip(Self.modules, [[12, 8], [8, 12]]) {
            let left = generator.unitVector(shape[0])
            let right = generator.unitVector(shape[1])
            weights[name] = (
                shape, generator.gaussians(96, scale: 0.1), left.flatMap { a in right.map { a * $0 } }
            )
        }
        self.weights = weights
        try TinyCheckpoint.write(tensors(at: 0), to: base)
        try TinyCheckpoint.writeSideFiles(to: base)
    }

    public func folder(_ step: Int) -> String { watched + "/checkpoint-\(step)" }

    /// Adds a checkpoint, or writes it again.
    ///
    /// - Parameter content: of this step; another than `step` for a run that went back and did something else.
    public func add(_ step: Int, content: Int? = nil) throws {
        try TinyCheckpoint.write(tensors(at: content ?? step), to: folder(step))
        guard let end else { return try TinyCheckpoint.writeSideFiles(to: folder(step), step: step) }
        let log = stride(from: 10, through: step, by: 10).map {
            "{\"step\": \($0), \"eval_accuracy\": \(Double($0) / Double(2 * end))}"
        }
        try TinyCheckpoint.writeSideFiles(
            to: folder(step), step: step,
            state: "\"max_steps\": \(end), \"log_history\": [\(log.joined(separator: ", "))]")
    }

    public func remove(_ step: Int) throws { try FileManager.default.removeItem(atPath: folder(step)) }

    public func weightFile(_ step: Int) -> String { folder(step) + "/model.safetensors" }

    private func tensors(at step: Int) -> [TinyTensor] {
        var generator = SeededGenerator(seed: UInt64(step) + 100)
        let moving = Self.modules.compactMap { name -> TinyTensor? in
            guard let weight = weights[name] else { return nil }
            let noise = generator.gaussians(weight.base.count, scale: step == 0 ? 0 : 1e-5)
            let values = weight.base.indices.map {
                weight.base[$0] + Float(step) * 1e-3 * weight.direction[$0] + noise[$0]
            }
            return .float32(name, weight.shape, values)
        }
        return moving + [.float32("model.norm.weight", [8], [1, 1, 1, 1, 1, 1, 1, 1])]
    }
}
