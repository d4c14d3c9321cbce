import Foundation
import Testing
import Vocabulary

@testable import TrajectoryStore

/// Figures, not claims: `ALPHARL_MEASURE=1 swift test --filter MeasurementTests`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["ALPHARL_MEASURE"] != nil), .serialized)
struct MeasurementTests {
    private let module = Module(name: "layers.0.mlp.down_proj.weight", rows: 4096, columns: 14336)
    private let steps = 16

    @Test func stagingAndLoadingOneModuleOfA7BModel() throws {
        let folder = try TemporaryFolder()
        let store = try TrajectoryDatabase.open(path: folder.store)
        try store.claim(for: Planted.run, programVersion: "0.1.0", now: Planted.now)
        let factor = Planted.factor(of: module, at: 1, rank: 4)
        let recording = ModuleRecording(
            module: module, factor: factor, gram: nil, directionCosine: nil, linearityR2: nil)
        let clock = ContinuousClock()
        var staging = Duration.zero
        var recorded = Duration.zero
        for step in 1...steps {
            let session = try store.beginRecording(try store.notePending(Planted.seen(step)).id)
            staging += try clock.measure { try store.stage(recording, in: session) }
            recorded += try clock.measure { try store.record(Planted.recording(moduleCount: 1), finishing: session) }
        }
        var loaded: [StepFactor] = []
        let loading = try clock.measure {
            loaded = try store.factors(of: module.name, at: (1...steps).map { TrainingStep($0) })
        }
        let checking = try clock.measure { try store.checkIntegrity(fullUpTo: .max) }
        #expect(loaded.count == steps && loaded.last?.factor == factor)
        let megabytes = Double(4 * 4 * (module.rows + module.columns)) / 1e6
        print("one module and step: \(megabytes) MB, staged in \(staging / steps), recorded in \(recorded / steps)")
        print("loaded \(Double(steps) * megabytes) MB in \(loading), checked in \(checking)")
        try store.close()
    }
}
