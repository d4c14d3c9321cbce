import Testing
import TrajectoryStore
import Vocabulary

struct RecordingTests {
    @Test func recordedFactorsComeBackBitForBit() throws {
        let store = try TrajectoryDatabase.planted()
        for step in [10, 20, 30] { try store.recordWhole(step) }
        for module in Planted.modules {
            let loaded = try store.factors(of: module.name, at: [TrainingStep(30), TrainingStep(10), TrainingStep(99)])
            #expect(
                loaded
                    == [10, 30].map { StepFactor(step: TrainingStep($0), factor: Planted.factor(of: module, at: $0)) })
        }
        #expect(try store.recordedSteps() == [10, 20, 30].map { TrainingStep($0) })
        try store.verify()
    }

    @Test func gramRowsComeBackInStepOrderWithTheirSteps() throws {
        let store = try TrajectoryDatabase.planted()
        for step in [20, 10] { try store.recordWhole(step) }
        let rows = try store.gramRows(of: Planted.down.name, at: [TrainingStep(20), TrainingStep(10)])
        #expect(rows == [Planted.gram([10]), Planted.gram([20])])
    }

    @Test func extremeFloatsKeepTheirBits() throws {
        let store = try TrajectoryDatabase.planted()
        let module = Module(name: "m", rows: 4, columns: 2)
        let triplet = SingularTriplet(
            sigma: .leastNonzeroMagnitude,
            left: [-0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, Float(1).nextUp],
            right: [-.pi, .ulpOfOne], residual: 0, hasConverged: true)
        let factor = UpdateFactor(
            triplets: [triplet], frobeniusNorm: .greatestFiniteMagnitude, baseNorm: 0.1 + 0.2, unchangedShare: 1,
            passes: 0)
        let session = try store.beginRecording(try store.notePending(Planted.seen(1)).id)
        try store.stage(
            ModuleRecording(module: module, factor: factor, gram: nil, directionCosine: nil, linearityR2: nil),
            in: session)
        try store.record(Planted.recording(moduleCount: 1), finishing: session)
        let loaded = try #require(try store.factors(of: "m", at: [TrainingStep(1)]).first?.factor)
        #expect(loaded.triplets[0].left.map(\.bitPattern) == triplet.left.map(\.bitPattern))
        #expect(loaded == factor)
    }

    @Test func zeroUpdateHasNoTripletsAndIsSkippedAsReference() throws {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(10)
        let zero = UpdateFactor(triplets: [], frobeniusNorm: 0, baseNorm: 7.25, unchangedShare: 1, passes: 1)
        let session = try store.beginRecording(try store.notePending(Planted.seen(20)).id)
        for module in Planted.modules {
            try store.stage(
                ModuleRecording(module: module, factor: zero, gram: nil, directionCosine: nil, linearityR2: nil),
                in: session)
        }
        try store.record(Planted.recording(), finishing: session)
        let name = Planted.query.name
        #expect(try store.factors(of: name, at: [TrainingStep(20)]).map(\.factor) == [zero])
        #expect(try store.previousFactor(of: name, before: TrainingStep(30))?.step == TrainingStep(10))
        #expect(try store.previousFactor(of: name, before: TrainingStep(30), includingZero: true)?.factor == zero)
        #expect(try store.previousFactor(of: name, before: TrainingStep(10)) == nil)
        let summary = try #require(try store.factorSummaries(at: TrainingStep(20)).last)
        #expect(summary.sigma == 0 && summary.energyShare == nil && summary.module == Planted.query)
    }

    @Test func viewAgreesWithTheFactorOnTheEnergyShare() throws {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(10)
        let summary = try #require(try store.factorSummaries(of: Planted.query.name).first)
        let factor = Planted.factor(of: Planted.query, at: 10)
        #expect(summary.energyShare == factor.energyShare)
        #expect(summary.sigma == factor.triplets[0].sigma)
        #expect(summary.directionCosine == 0.5 && summary.linearityR2 == nil)
    }

    @Test func stagedRowsAreSeenByNobodyUntilRecorded() throws {
        let store = try TrajectoryDatabase.planted()
        let session = try store.stageWhole(10)
        #expect(try store.factors(of: Planted.query.name, at: [TrainingStep(10)]).isEmpty)
        #expect(try store.gramRows(of: Planted.query.name, at: [TrainingStep(10)]).isEmpty)
        #expect(try store.previousFactor(of: Planted.query.name, before: TrainingStep(11)) == nil)
        #expect(try store.factorSummaries(at: TrainingStep(10)).isEmpty)
        #expect(try store.canonicalDump().contains { $0.hasPrefix("factor") } == false)
        try store.record(Planted.recording(), finishing: session)
        #expect(try store.factorSummaries(at: TrainingStep(10)).map(\.module) == [Planted.down, Planted.query])
        #expect(try store.checkpoint(session.checkpoint).state == .recorded)
        #expect(try store.events(after: 0, limit: 9).map(\.event.kind) == ["checkpoint"])
    }

    @Test func beginningAgainForgetsWhatWasStaged() throws {
        let store = try TrajectoryDatabase.planted()
        let first = try store.stageWhole(10)
        _ = try store.stageRegistration(of: "tangent", isFromFactor: false, in: first)
        let second = try store.beginRecording(first.checkpoint)
        #expect(try store.count("factor") == 0 && store.count("triplet") == 0 && store.count("gram") == 0)
        #expect(try store.count("registration") == 0)
        try store.stage(Planted.module(Planted.query, at: 10), in: second)
    }

    @Test func aFailingRecordChangesNothing() throws {
        let store = try TrajectoryDatabase.planted()
        let registration = try #require(try store.recordWhole(10, registering: "tangent"))
        let session = try store.stageWhole(20)
        let before = try store.canonicalDump()
        let short = CoordinatesRecord(registration: registration, values: [1, 2], isFromFactor: false)
        let refusals: [CheckpointRecording] = [
            Planted.recording(moduleCount: 3), Planted.recording(coordinates: [short]),
            Planted.recording(backtests: [Planted.backtest(registration)]),
            Planted.recording(retiring: [RegistrationID(99)]),
        ]
        for refused in refusals {
            #expect(throws: StoreError.self) { try store.record(refused, finishing: session) }
            #expect(try store.canonicalDump() == before)
            #expect(try store.checkpoint(session.checkpoint).state == .pending)
        }
        try store.record(Planted.recording(), finishing: session)
    }

    @Test func missingModulesAreCounted() throws {
        let store = try TrajectoryDatabase.planted()
        let session = try store.beginRecording(try store.notePending(Planted.seen(10)).id)
        try store.stage(Planted.module(Planted.query, at: 10), in: session)
        #expect(throws: StoreError.incomplete(step: TrainingStep(10), got: 1, expected: 2)) {
            try store.record(Planted.recording(), finishing: session)
        }
    }

    @Test func nonFiniteAndMisshapenValuesAreRefusedByName() throws {
        let store = try TrajectoryDatabase.planted()
        let session = try store.beginRecording(try store.notePending(Planted.seen(10)).id)
        func stage(left: [Float] = [1, 0, 0], right: [Float] = [1, 0], norm: Double = 1, gram: GramRow? = nil) throws {
            let triplet = SingularTriplet(sigma: 1, left: left, right: right, residual: 0, hasConverged: true)
            let factor = UpdateFactor(
                triplets: [triplet], frobeniusNorm: norm, baseNorm: 1, unchangedShare: 0, passes: 2)
            try store.stage(
                ModuleRecording(
                    module: Planted.query, factor: factor, gram: gram, directionCosine: nil, linearityR2: nil),
                in: session)
        }
        #expect { try stage(left: [1, .nan, 0]) } throws: { "\($0)".contains("not finite") }
        #expect { try stage(right: [1, .infinity]) } throws: { "\($0)".contains("layers.0.q_proj.weight") }
        #expect { try stage(left: [1, 0]) } throws: { "\($0)".contains("got 2 x 2, expected 3 x 2") }
        #expect(throws: StoreError.self) { try stage(norm: .nan) }
        #expect(throws: StoreError.self) { try stage(norm: .infinity) }
        let crooked = GramRow(
            step: TrainingStep(10), against: [TrainingStep(10)], entries: [GramEntry(left: 1, right: .nan, parts: [])])
        #expect { try stage(gram: crooked) } throws: { "\($0)".contains("Gram row of step 10") }
        #expect(try store.count("factor") == 0)
        try stage()
        #expect(throws: StoreError.self) { try stage() }
    }

    @Test func aModuleOfAnotherShapeIsRefusedWithBothShapes() throws {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(10)
        let session = try store.beginRecording(try store.notePending(Planted.seen(20)).id)
        let other = Module(name: Planted.query.name, rows: 2, columns: 3)
        #expect { try store.stage(Planted.module(other, at: 20), in: session) } throws: {
            "\($0)".contains("got 2 x 3, expected 3 x 2")
        }
    }
}
