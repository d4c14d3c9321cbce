import Testing
import Vocabulary

@testable import TrajectoryStore

struct OutcomeTests {
    private func storeWithPrediction() throws -> (TrajectoryDatabase, PredictionID) {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(20)
        let checkpoint = try #require(try store.activeCheckpoint(at: TrainingStep(20)))
        return (store, try store.plan(Planted.plan(checkpoint.id)))
    }

    private func accuracy(_ value: Double, of subject: MetricSubject, from source: String = "api") -> MetricRecord {
        MetricRecord(
            subject: subject, key: MetricRecord.accuracyKey, value: value, source: source, receivedAt: Planted.now)
    }

    @Test func aPredictionGoesFromPlannedToPublishedToRemoved() throws {
        let (store, id) = try storeWithPrediction()
        #expect(try store.predictions(in: .planned).map(\.id) == [id])
        try store.markPublished(
            id, manifest: #"{"model":"tangent"}"#, emittedAt: Planted.now,
            events: { [NewEvent(kind: "prediction", payload: "\"\($0.state)\"", time: Planted.now)] })
        let published = try #require(try store.prediction(id))
        #expect(published.state == .published && published.fromStep == TrainingStep(20))
        #expect(published.manifest == #"{"model":"tangent"}"# && published.plan.path == "/predicted/step-40")
        #expect(throws: StoreError.self) { try store.markFailed(id, reason: "too late") }
        try store.markRemoved(id, reason: "only 3 are kept")
        #expect(throws: StoreError.self) { try store.markPublished(id, manifest: "{}", emittedAt: Planted.now) }
        #expect(try store.events(after: 1, limit: 5).map(\.event.payload) == ["\"published\""])
    }

    @Test func anUnknownPredictionIsNamed() throws {
        let (store, _) = try storeWithPrediction()
        #expect { try store.markFailed(PredictionID(7), reason: "no") } throws: { "\($0)".contains("prediction 7") }
        let metric = accuracy(0.5, of: .prediction(PredictionID(7)))
        #expect { try store.append([accuracy(0.1, of: .step(TrainingStep(20))), metric]) } throws: {
            "\($0)".contains("prediction 7")
        }
        #expect(try store.accuracies().isEmpty)
    }

    @Test func theLatestAccuracyWinsAndHistoryStays() throws {
        let (store, id) = try storeWithPrediction()
        let step = MetricSubject.step(TrainingStep(20))
        #expect(try store.append([accuracy(0.3, of: step), accuracy(0.5, of: .prediction(id))]) == 2)
        #expect(try store.append([accuracy(0.4, of: step)]) == 1)
        #expect(try store.accuracies().map(\.value) == [0.4])
        #expect(try store.count("metric") == 3)
        let prediction = try #require(try store.prediction(id))
        #expect(prediction.accuracy == 0.5 && prediction.fromAccuracy == 0.4)
    }

    @Test func importingAFileAgainDoesNotUndoACorrection() throws {
        let (store, _) = try storeWithPrediction()
        let step = MetricSubject.step(TrainingStep(20))
        let imported = accuracy(0.3, of: step, from: "trainer_state.json")
        try store.append([imported])
        try store.append([accuracy(0.4, of: step)])
        #expect(try store.append([imported, imported]) == 0)
        #expect(try store.accuracies().map(\.value) == [0.4])
        #expect(try store.append([accuracy(0.6, of: step, from: "trainer_state.json")]) == 1)
        #expect(try store.latestMetrics().map(\.value) == [0.6])
    }

    @Test func aMetricThatIsNotFiniteIsRefused() throws {
        let (store, _) = try storeWithPrediction()
        #expect { try store.append([accuracy(.nan, of: .step(TrainingStep(20)))]) } throws: {
            guard case StoreError.notFinite = $0 else { return false }
            return true
        }
    }

    @Test func eventsResumeAfterANumberAndAreBounded() throws {
        let store = try TrajectoryDatabase.planted()
        #expect(try store.eventRange() == nil)
        let capacity = TrajectoryDatabase.eventCapacity
        try store.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(capacity))
            INSERT INTO event (time, kind, payload) SELECT '\(Planted.now)', 'forecast', i FROM n
            """)
        let event = NewEvent(kind: "warning", payload: #"{"reason":"disk"}"#, time: Planted.now)
        let last = try store.append(event)
        #expect(last == Int64(capacity) + 1)
        #expect(try store.eventRange() == 2...last)
        #expect(try store.events(after: last - 1, limit: 10) == [EventRecord(id: last, event: event)])
        #expect(try store.events(after: 0, limit: 2).map(\.id) == [2, 3])
        #expect(try store.events(after: last, limit: 10).isEmpty)
        try store.execute("DELETE FROM event")
        #expect(try store.append(event) == last + 1)
    }

    @Test func notesAreReplacedAndDeleted() throws {
        let store = try TrajectoryDatabase.inMemory()
        try store.setNote("last_error", to: "disk full")
        try store.setNote("last_error", to: "still full")
        #expect(try store.note("last_error") == "still full")
        try store.setNote("last_error", to: nil)
        #expect(try store.note("last_error") == nil)
    }
}
