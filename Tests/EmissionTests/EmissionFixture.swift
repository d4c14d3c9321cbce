import Checkpoints
import Emission
import Files
import Foundation
import TestSupport
import Vocabulary

/// A run with a base and one checkpoint of a few small tensors, and a movement for two of them.
struct EmissionFixture {
    let folder: TemporaryDirectory
    let checkpoint: [TinyTensor]
    let base: [TinyTensor]
    let movement: [TensorName: LowRankMatrix]
    var settings: EmissionSettings

    static let program = ProgramIdentity(name: "alpharl", version: "0.1.0", commit: "abc")

    init(seed: UInt64 = 7, type: String = "F32") throws {
        folder = try TemporaryDirectory(inMemory: true)
        var generator = SeededGenerator(seed: seed)
        func tensor(_ name: String, _ shape: [Int]) -> TinyTensor {
            let values = generator.gaussians(shape.reduce(1, *), scale: 0.02)
            switch type {
            case "BF16": return .bfloat16(name, shape, values)
            case "F16": return .float16(name, shape, values)
            case "F64": return .float64(name, shape, values.map { Double($0) * 1.000_000_000_1 })
            default: return .float32(name, shape, values)
            }
        }
        func tensors() -> [TinyTensor] {
            [
                tensor("layers.0.q_proj.weight", [5, 7]), tensor("layers.0.mlp.weight", [9, 4]),
                tensor("layers.0.norm.weight", [7]), tensor("embed.weight", [3, 4]),
                .int64("rope.positions", [2], [Int64.random(in: 0...9, using: &generator), 5]),
            ]
        }
        base = tensors()
        checkpoint = tensors()
        func component(_ rows: Int, _ columns: Int, _ scale: Double) -> RankOneComponent {
            RankOneComponent(scale: scale, left: generator.unitVector(rows), right: generator.unitVector(columns))
        }
        movement = [
            "layers.0.q_proj.weight": LowRankMatrix([
                component(5, 7, 0.031), component(5, 7, 0.0123), component(5, 7, 1e-4),
            ]),
            "layers.0.mlp.weight": LowRankMatrix([component(9, 4, 0.02)]),
        ]
        settings = EmissionSettings(directory: folder.path("predicted"), watchedDirectory: folder.path("run"))
        try TinyCheckpoint.write(checkpoint, to: folder.path("run/checkpoint-120"))
        try TinyCheckpoint.writeSideFiles(to: folder.path("run/checkpoint-120"), step: 120)
        try TinyCheckpoint.write(base, to: folder.path("base"))
        try TinyCheckpoint.writeSideFiles(to: folder.path("base"))
    }

    func provenance(target: Int = 240, from: Int = 120, run: String = "math", confidence: Double = 0.64)
        -> PredictionProvenance
    {
        PredictionProvenance(
            run: run, baseFingerprint: "00000000000000ab0000000000000001", targetStep: TrainingStep(target),
            fromStep: TrainingStep(from),
            sourceSteps: [.init(step: TrainingStep(60), weight: -0.5), .init(step: TrainingStep(120), weight: 0.5)],
            model: "tangent", anchor: .checkpoint, horizon: Double(target) / Double(from), confidence: confidence,
            confidenceParts: [.init(name: "skill", value: 0.71, meaning: "how much better than the last checkpoint")],
            isForced: false)
    }

    func composition(
        _ movement: [TensorName: LowRankMatrix]? = nil, calls: FileSystemCalls = .system, updateMultiple: Double = 0,
        anchorIsBase: Bool = false
    ) throws -> WeightComposition {
        let latest = try CheckpointReader.open(directory: folder.path("run/checkpoint-120"), calls: calls)
        let base = try CheckpointReader.open(directory: folder.path("base"), calls: calls, caching: .keep)
        return WeightComposition(
            anchor: anchorIsBase ? base : latest, latest: latest, base: base, displacement: movement ?? self.movement,
            updateMultiple: updateMultiple)
    }

    func request(
        _ provenance: PredictionProvenance? = nil, composition: WeightComposition? = nil,
        createdAt: Date = Date(timeIntervalSince1970: 1_750_000_000.7)
    ) throws -> PredictionRequest {
        PredictionRequest(
            provenance: provenance ?? self.provenance(), composition: try composition ?? self.composition(),
            anchorStep: TrainingStep(120), sideFolders: [folder.path("run/checkpoint-120"), folder.path("base")],
            createdAt: createdAt)
    }

    func builder(calls: FileSystemCalls = .system) -> PredictedCheckpointBuilder {
        PredictedCheckpointBuilder(settings: settings, program: Self.program, calls: calls)
    }
}
