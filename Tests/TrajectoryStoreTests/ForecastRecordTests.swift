import Testing
import Vocabulary

@testable import TrajectoryStore

struct ForecastRecordTests {
    @Test func directionsComeBackWithTheirVectorsUntilTheyRetire() throws {
        let store = try TrajectoryDatabase.planted()
        let first = try #require(try store.recordWhole(10, registering: "tangent"))
        let second = try #require(try store.recordWhole(20, registering: "line"))
        let planted = [Planted.direction(0, of: Planted.query), Planted.direction(1, of: Planted.query)]
        #expect(try store.activeDirections(of: Planted.query.name) == [first: planted, second: planted])
        #expect(try store.activeDirections(of: "unknown") == [:])

        try store.recordWhole(30, Planted.recording(retiring: [first]))
        #expect(try store.activeDirections(of: Planted.query.name) == [second: planted])
        #expect(try store.registrations().map(\.state) == [.retired, .active])
        #expect(try store.registrations(in: .active).map(\.model) == ["line"])
        #expect(throws: StoreError.self) { try store.execute("UPDATE registration SET state = 'active'") }
        #expect(try store.directionScalars(of: first).map(\.rate) == [0.25, 0.25, 0.125])
    }

    @Test func aRecordedRegistrationTakesNoMoreDirections() throws {
        let store = try TrajectoryDatabase.planted()
        let registration = try #require(try store.recordWhole(10, registering: "tangent"))
        let session = try store.beginRecording(try store.notePending(Planted.seen(20)).id)
        let query = Planted.module(Planted.query, at: 20)
        let more = [registration: [Planted.direction(7, of: Planted.query)]]
        #expect { try store.stage(query, registering: more, in: session) } throws: {
            "\($0)".contains("only while the checkpoint of origin is pending")
        }
        let misshapen = [registration: [Planted.direction(7, of: Planted.down)]]
        #expect { try store.stage(query, registering: misshapen, in: session) } throws: {
            "\($0)".contains("got 2 x 5, expected 3 x 2")
        }
        #expect(try store.count("direction_vectors") == 2)
    }

    /// `layers.0.down_proj` sorts before `layers.0.q_proj`, although it was staged after it.
    @Test func directionOrderIsByNameThenComponent() throws {
        let store = try TrajectoryDatabase.planted()
        let registration = try #require(try store.recordWhole(10, registering: "tangent"))
        let scalars = try store.directionScalars(of: registration)
        #expect(scalars.map(\.module) == [Planted.down.name, Planted.query.name, Planted.query.name])
        #expect(scalars.map(\.component) == [0, 0, 1])
        #expect(scalars.map(\.coordinateAtOrigin) == [1.5, 1.5, 0.5])
        let none = RegistrationID(77)
        let own = try store.directionScalars(of: Planted.query.name, in: [none, registration])
        #expect(own == [registration: Array(scalars.suffix(2))])
        #expect(try store.directionScalars(of: "unknown", in: [registration]).isEmpty)
    }

    @Test func coordinatesComeWithTheirModules() throws {
        let store = try TrajectoryDatabase.planted()
        let registration = try #require(try store.recordWhole(10, registering: "tangent"))
        let coordinates = CoordinatesRecord(registration: registration, values: [1, 2, 3], isFromFactor: false)
        try store.recordWhole(20, Planted.recording(coordinates: [coordinates]))
        let found = try #require(try store.coordinatesByModule(of: registration, at: TrainingStep(20)))
        #expect(found.coordinates == coordinates)
        #expect(found.counts.map(\.module) == [Planted.down.name, Planted.query.name])
        #expect(found.counts.map(\.count) == [1, 2])
        #expect(try store.coordinatesByModule(of: registration, at: TrainingStep(10)) == nil)
        try store.execute("UPDATE coordinates SET inner_products = zeroblob(16)")
        #expect {
            try store.coordinatesByModule(of: registration, at: TrainingStep(20))
        } throws: {
            guard case StoreError.damaged(_, _, let detail) = $0 else { return false }
            return detail.contains("inner_products")
        }
    }

    @Test func aRegistrationOfAnUnfinishedCheckpointIsInvisible() throws {
        let store = try TrajectoryDatabase.planted()
        let session = try store.stageWhole(10, registering: "tangent", isFromFactor: true)
        #expect(try store.registrations().isEmpty)
        #expect(try store.activeDirections(of: Planted.down.name) == [:])
        try store.record(Planted.recording(), finishing: session)
        let recorded = try #require(try store.registrations().first)
        #expect(recorded.isFromFactor && recorded.origin == TrainingStep(10))
    }

    @Test func coordinatesAndBacktestsComeBackWithTheirSteps() throws {
        let store = try TrajectoryDatabase.planted()
        let registration = try #require(try store.recordWhole(10, registering: "tangent"))
        let coordinates = CoordinatesRecord(
            registration: registration, values: [0.1 + 0.2, -0.0, .leastNonzeroMagnitude], isFromFactor: true)
        let backtest = Planted.backtest(registration)
        try store.recordWhole(20, Planted.recording(coordinates: [coordinates], backtests: [backtest]))
        let loaded = try store.coordinates(of: registration)
        #expect(loaded.map(\.step.value) == [20] && loaded.map(\.coordinates) == [coordinates])
        #expect(
            try store.backtests() == [
                BacktestPairRecord(
                    model: "tangent", origin: TrainingStep(10), target: TrainingStep(20), backtest: backtest,
                    isFromFactor: true)
            ])
        try store.supersede(from: TrainingStep(20), reason: "rewind")
        #expect(try store.backtests().isEmpty && store.backtestOutcomes().isEmpty)
        #expect(try store.coordinates(of: registration).isEmpty)
    }

    @Test func verdictsAndDecisionsAreStoredOncePerCheckpoint() throws {
        let store = try TrajectoryDatabase.planted()
        for step in [10, 20] { try store.recordWhole(step) }
        #expect(try store.undecided().map(\.step.value) == [10, 20])
        let newest = try #require(try store.verdicts(newest: 1).first)
        #expect(newest.step == TrainingStep(20) && newest.verdict == Planted.verdict && newest.decision == nil)
        let decision = DecisionRecord(
            isEmission: true, reason: "2 in a row", targetStep: TrainingStep(40), decidedAt: Planted.now)
        let planned = try store.decide(decision, at: newest.checkpoint, planning: [Planted.plan(newest.checkpoint)])
        #expect(try store.predictions().map(\.id) == planned)
        #expect(try store.verdicts().map(\.decision) == [decision, nil])
        #expect(try store.undecided().map(\.step.value) == [10])
        #expect(throws: StoreError.self) { try store.decide(decision, at: newest.checkpoint) }
        let judgement = JudgementRecord(
            model: "tangent", ratio: 2, skill: 0.75, realised: 0.9, confidence: 0.64, pairs: 3)
        #expect(try store.judgements(at: TrainingStep(10)) == [judgement])
    }

    @Test func aDecisionWhosePlanIsRefusedIsNotStored() throws {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(10)
        let checkpoint = try #require(try store.undecided().first).checkpoint
        let decision = DecisionRecord(
            isEmission: true, reason: "due", targetStep: TrainingStep(40), decidedAt: Planted.now)
        let twice = [Planted.plan(checkpoint), Planted.plan(checkpoint)]
        #expect(throws: StoreError.self) { try store.decide(decision, at: checkpoint, planning: twice) }
        #expect(try store.undecided().count == 1 && store.predictions().isEmpty)
    }
}
