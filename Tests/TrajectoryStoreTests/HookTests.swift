import Testing
import Vocabulary

@testable import TrajectoryStore

struct HookTests {
    private func storeWithPrediction(hookIsDue: Bool) throws -> (TrajectoryDatabase, PredictionID) {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(20)
        let checkpoint = try #require(try store.activeCheckpoint(at: TrainingStep(20)))
        let id = try store.plan(Planted.plan(checkpoint.id))
        try store.markPublished(id, manifest: "{}", emittedAt: Planted.now, hookIsDue: hookIsDue)
        return (store, id)
    }

    @Test func publishingMakesACommandDueOnlyWhereOneIsConfigured() throws {
        let (without, _) = try storeWithPrediction(hookIsDue: false)
        #expect(try without.hooks().isEmpty)
        let (store, id) = try storeWithPrediction(hookIsDue: true)
        let hook = try #require(try store.hooks(in: .due).first)
        #expect(hook.prediction == id && hook.starts == 0 && hook.seconds == nil && hook.endedAt == nil)
    }

    @Test func aCommandIsDueUntilItHasEnded() throws {
        let (store, id) = try storeWithPrediction(hookIsDue: true)
        try store.noteHookStart(id)
        try store.noteHookStart(id)
        #expect(try store.hooks(in: .due).map(\.starts) == [2])
        let event = NewEvent(kind: "warning", payload: "{}", time: Planted.now)
        try store.endHook(
            id, as: .failed, seconds: 1.5, reason: "it ended with status 1", endedAt: Planted.now, events: [event])
        let ended = try #require(try store.hooks().first)
        #expect(ended.state == .failed && ended.seconds == 1.5 && ended.reason == "it ended with status 1")
        #expect(try store.hooks(in: .due).isEmpty)
        #expect(try store.events(after: 0, limit: 9).last?.event == event)
    }

    @Test func anEndedCommandIsNotStartedOrEndedAgain() throws {
        let (store, id) = try storeWithPrediction(hookIsDue: true)
        try store.endHook(id, as: .done, seconds: 1, reason: nil, endedAt: Planted.now)
        #expect(throws: StoreError.self) { try store.noteHookStart(id) }
        #expect(throws: StoreError.self) {
            try store.endHook(id, as: .failed, seconds: 1, reason: "no", endedAt: Planted.now)
        }
        #expect(throws: StoreError.self) { try store.noteHookStart(PredictionID(99)) }
    }

    @Test func aFailureNeedsItsReason() throws {
        let (store, id) = try storeWithPrediction(hookIsDue: true)
        for state in [HookState.failed, .skipped] {
            #expect(throws: StoreError.self) {
                try store.endHook(id, as: state, seconds: nil, reason: nil, endedAt: Planted.now)
            }
        }
        #expect(try store.hooks(in: .due).count == 1)
    }
}
