import Testing

@testable import Pipeline

@Suite struct BlockingCallsTests {
    struct Failure: Error {}

    @Test func answersAndErrorsComeBack() async throws {
        #expect(await BlockingCalls().run { 42 } == 42)
        await #expect(throws: Failure.self) { try await BlockingCalls().run { throw Failure() } }
    }

    /// A failed answer must not keep its turn, or the fifth would never be given.
    @Test func turnsAreGivenBackHoweverTheCallEnds() async throws {
        for _ in 0..<20 { try? await BlockingCalls().run { throw Failure() } }
        let answers = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<40 { group.addTask { await BlockingCalls().run { number } } }
            return try await group.reduce(0, +)
        }
        #expect(answers == 40 * 39 / 2)
    }

    @Test func whoWaitsGetsTheTurnThatIsGivenBack() async {
        let turns = AsyncTurns(count: 1)
        await turns.take()
        let waiting = Task { await turns.take() }
        await turns.giveBack()
        await waiting.value
        await turns.giveBack()
        await turns.take()
    }
}
