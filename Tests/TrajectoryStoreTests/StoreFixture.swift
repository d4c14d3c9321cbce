import Foundation
import GRDB
import TrajectoryStore
import Vocabulary

@testable import struct TrajectoryStore.TrajectoryDatabase

/// Small planted content: two modules, vectors that differ by step, times that are fixed.
enum Planted {
    static let now = "2026-01-02T03:04:05Z"
    static let query = Module(name: "layers.0.q_proj.weight", rows: 3, columns: 2)
    static let down = Module(name: "layers.0.down_proj.weight", rows: 2, columns: 5)
    static let modules = [query, down]
    static let run = RunIdentity(name: "tiny", basePath: "/base", baseFingerprint: "f00d", watchPath: "/run")

    static func seen(_ step: Int, stamp: String = "{}") -> SeenCheckpoint {
        SeenCheckpoint(
            step: TrainingStep(step), directory: "/run/checkpoint-\(step)", layout: "huggingface", stamp: stamp,
            bytes: 100, seenAt: now)
    }

    static func vector(_ count: Int, seed: Int) -> [Float] {
        (0..<count).map { Float(sin(Double(seed * 31 + $0))) }
    }

    static func factor(of module: Module, at step: Int, rank: Int = 2) -> UpdateFactor {
        let triplets = (0..<rank).map { index in
            SingularTriplet(
                sigma: Double(step) / Double(index + 3), left: vector(module.rows, seed: step + index),
                right: vector(module.columns, seed: step - index), residual: 1e-4 / 3, hasConverged: index == 0)
        }
        return UpdateFactor(
            triplets: triplets, frobeniusNorm: Double(step) / 2, baseNorm: 7.25, unchangedShare: 0.125, passes: 3)
    }

    /// The row of the last of these steps against all of them.
    static func gram(_ steps: [Int]) -> GramRow {
        GramRow(
            step: TrainingStep(steps.last ?? 0), against: steps.map { TrainingStep($0) },
            entries: steps.map { step in
                let value = 1 / Double(step + 1)
                return GramEntry(left: value, right: -value, parts: [value / 3, value / 7])
            })
    }

    static func module(_ module: Module, at step: Int) -> ModuleRecording {
        ModuleRecording(
            module: module, factor: factor(of: module, at: step), gram: gram([step]), directionCosine: 0.5,
            linearityR2: nil)
    }

    static func direction(_ component: Int, of module: Module) -> RegisteredDirection {
        RegisteredDirection(
            component: component,
            direction: RankOneComponent(
                scale: 0.25 / Double(component + 1), left: vector(module.rows, seed: component),
                right: vector(module.columns, seed: component + 9)),
            coordinateAtOrigin: 1.5 - Double(component))
    }

    static func backtest(_ registration: RegistrationID) -> BacktestRecord {
        BacktestRecord(
            registration: registration, ratio: 2, realised: 0.9, skill: 0.75, sumAA: 4, sumAP: 3.6, sumPP: 4,
            sumEE: 0.25)
    }

    static let verdict = VerdictRecord(
        model: "tangent", targetStep: TrainingStep(40), horizon: 2, provenHorizon: 1.5, confidence: 0.64, isReady: true,
        reason: "2 checkpoints in a row at or above 0.50", detail: #"{"pairs":3}"#)

    static func recording(
        coordinates: [CoordinatesRecord] = [], backtests: [BacktestRecord] = [], retiring: [RegistrationID] = [],
        workingSet: [TrainingStep]? = nil, moduleCount: Int = 2
    ) -> CheckpointRecording {
        CheckpointRecording(
            moduleCount: moduleCount, contentHash: "00ff", bytes: 123, seconds: 1.5, recordedAt: now,
            coordinates: coordinates, backtests: backtests, retiring: retiring,
            workingSet: workingSet,
            judgements: [
                JudgementRecord(model: "tangent", ratio: 2, skill: 0.75, realised: 0.9, confidence: 0.64, pairs: 3)
            ], verdict: verdict, events: [NewEvent(kind: "checkpoint", payload: "{}", time: now)])
    }

    static func plan(_ checkpoint: CheckpointID, path: String = "/predicted/step-40") -> PlannedPrediction {
        PlannedPrediction(
            targetStep: TrainingStep(40), checkpoint: checkpoint, model: "tangent", format: .full, path: path,
            confidence: 0.64, isForced: false, requestedBy: "policy", plannedAt: now)
    }
}

extension TrajectoryDatabase {
    /// A store in memory that belongs to `Planted.run`.
    static func planted() throws -> TrajectoryDatabase {
        let store = try TrajectoryDatabase.inMemory()
        try store.claim(for: Planted.run, programVersion: "0.1.0", now: Planted.now)
        return store
    }

    /// Notes and stages both modules of a step, and stops short of recording it. With a model, registers two directions of
    /// `query` and one of `down` there.
    func stageWhole(
        _ step: Int, registering model: ModelName? = nil, isFromFactor: Bool = false
    ) throws -> RecordingSession {
        let session = try beginRecording(try notePending(Planted.seen(step)).id)
        let new = try model.map { try stageRegistration(of: $0, isFromFactor: isFromFactor, in: session) }
        for module in Planted.modules {
            let directions = (0..<(module == Planted.query ? 2 : 1)).map { Planted.direction($0, of: module) }
            let registered = new.map { [$0: directions] } ?? [:]
            try stage(Planted.module(module, at: step), registering: registered, in: session)
        }
        return session
    }

    /// Records a step; with a model, registers two directions of `query` and one of `down` there.
    @discardableResult
    func recordWhole(
        _ step: Int, registering model: ModelName? = nil, _ recording: CheckpointRecording = Planted.recording()
    ) throws -> RegistrationID? {
        let session = try stageWhole(step, registering: model)
        try record(recording, finishing: session)
        return try registrations().last { $0.originID == session.checkpoint }?.id
    }

    func execute(_ sql: String) throws {
        try writing("run a statement of a test") { try $0.execute(sql: sql) }
    }

    func count(_ table: String) throws -> Int {
        try reading("count") { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? -1 }
    }
}

/// A folder that is deleted with the value.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "alpharl-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var store: String { path + "/state/store.sqlite" }

    /// A copy of the store's files as they are at this moment, as a crash would leave them.
    func crashCopy(_ name: String) throws -> String {
        let copy = path + "/" + name
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: store + suffix) {
            try FileManager.default.copyItem(atPath: store + suffix, toPath: copy + "/store.sqlite" + suffix)
        }
        return copy + "/store.sqlite"
    }
}
