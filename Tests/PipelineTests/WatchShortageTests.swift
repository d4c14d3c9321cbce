import DirectoryWatching
import Testing

@testable import Pipeline

/// A watch that cannot see everything is said in the status, as long as it is so; everything is found all the same.
@Suite struct WatchShortageTests {
    /// Runs a service until `isEnough`.
    private func troubles(
        withWatches maximum: Int, until isEnough: (RunProgress.Snapshot) -> Bool
    ) async throws -> [RunProgress.Trouble: String] {
        let fixture = try StraightRunFixture(steps: [10])
        var settings = WatchSettings()
        settings.maximumWatches = maximum
        let context = fixture.context
        let service = try RunService(context: context, longestWait: .milliseconds(100), watching: settings)
        let running = Task { try await service.run() }
        while !isEnough(context.progress.snapshot) { await Task.yield() }
        running.cancel()
        try await running.value
        return context.progress.snapshot.troubles
    }

    @Test(.timeLimit(.minutes(5))) func aShortageOfWatchesIsSaid() async throws {
        let found = try await troubles(withWatches: 1) { $0.troubles[.watching] != nil }
        let watching = try #require(found[.watching])
        #expect(watching.contains("only the first 1 folder"), "\(watching)")
    }

    @Test(.timeLimit(.minutes(5))) func withEnoughOfThemNothingIs() async throws {
        // A pass, the note after it, and the sign of life after that.
        #expect(try await troubles(withWatches: 100) { $0.hasScanned && $0.heartbeats > 12 }.isEmpty)
    }
}
