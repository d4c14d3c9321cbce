import Foundation
import Testing

@testable import DirectoryWatching

/// Real inotify on a folder of its own. Nothing sleeps: every wait ends by an event, or fails after `patience`.
final class DirectoryWatcherTests {
    private let patience = 20_000
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/alpharl-watching-\(UUID().uuidString)"
        try make("")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func make(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: folder + "/" + path, withIntermediateDirectories: true)
    }

    private func write(_ path: String) throws {
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/" + path))
    }

    private func watcher(_ path: String = "run", change: (inout WatchSettings) -> Void = { _ in }) throws
        -> DirectoryWatcher
    {
        var settings = WatchSettings()
        settings.quiet = .milliseconds(20)
        settings.longestDelay = .milliseconds(200)
        settings.rescanInterval = .seconds(3600)
        settings.rescanIntervalWithoutEvents = .seconds(3600)
        change(&settings)
        return try DirectoryWatcher(root: folder + "/" + path, settings: settings)
    }

    /// Waits until the reports so far satisfy `isEnough`; whether they did before patience ran out.
    private func wait(for watcher: DirectoryWatcher, until isEnough: (ChangeReport) -> Bool) throws -> ChangeReport {
        var sum = ChangeReport()
        while !isEnough(sum) {
            let report = try watcher.waitForChange(timeoutMilliseconds: patience)
            try #require(!report.isEmpty, "nothing more was reported within \(patience) ms; so far \(sum)")
            sum.changedEntries.formUnion(report.changedEntries)
            sum.needsRescan = sum.needsRescan || report.needsRescan
            sum.wasWoken = sum.wasWoken || report.wasWoken
        }
        return sum
    }

    @Test func aFileFourFoldersDeepIsToldByItsNameInTheRoot() throws {
        try make("run")
        let watcher = try watcher()
        #expect(watcher.limitations.isEmpty)
        try make("run/global_step_10/actor/huggingface")
        _ = try wait(for: watcher) { $0.changedEntries.contains("global_step_10") }
        try write("run/global_step_10/actor/huggingface/model.safetensors")
        let report = try wait(for: watcher) { $0.changedEntries.contains("global_step_10") }
        #expect(report == ChangeReport(changedEntries: ["global_step_10"]))
    }

    @Test func aRestingFolderIsAnEmptyReport() throws {
        try make("run")
        #expect(try watcher().waitForChange(timeoutMilliseconds: 0).isEmpty)
        #expect(try watcher().waitForChange(timeoutMilliseconds: 5).isEmpty)
    }

    @Test func aFolderThatIsRenamedIntoPlaceIsFollowed() throws {
        try make("run/tmp_step_1/policy")
        let watcher = try watcher()
        try FileManager.default.moveItem(atPath: folder + "/run/tmp_step_1", toPath: folder + "/run/step_1")
        _ = try wait(for: watcher) { $0.changedEntries.isSuperset(of: ["tmp_step_1", "step_1"]) }
        try write("run/step_1/policy/x")
        #expect(try wait(for: watcher) { !$0.changedEntries.isEmpty }.changedEntries == ["step_1"])
    }

    @Test func theRootMayComeLaterWithAllThatLeadsToIt() throws {
        let watcher = try watcher("a/b/run")
        try make("a/b/run/checkpoint-1")
        _ = try wait(for: watcher) { $0.needsRescan }
        // The rescan may have come before the last folders were made; then their parents are watched.
        try write("a/b/run/checkpoint-1/x")
        _ = try wait(for: watcher) { $0.changedEntries.contains("checkpoint-1") || $0.needsRescan }
    }

    @Test func theRootMayBeRemovedAndMadeAnew() throws {
        try make("run/checkpoint-1")
        let watcher = try watcher()
        try FileManager.default.removeItem(atPath: folder + "/run")
        _ = try wait(for: watcher) { $0.needsRescan }
        try make("run")
        _ = try wait(for: watcher) { $0.needsRescan }
        try write("run/x")
        #expect(try wait(for: watcher) { !$0.changedEntries.isEmpty }.changedEntries == ["x"])
    }

    @Test func theRootMayBeALinkThatIsPointedElsewhere() throws {
        try make("one")
        try make("two")
        let link = folder + "/run"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder + "/one")
        let watcher = try watcher()
        try write("one/x")
        #expect(try wait(for: watcher) { !$0.changedEntries.isEmpty }.changedEntries == ["x"])
        try FileManager.default.createSymbolicLink(atPath: link + "-new", withDestinationPath: folder + "/two")
        #expect(rename(link + "-new", link) == 0)
        _ = try wait(for: watcher) { $0.needsRescan }
        try write("two/y")
        #expect(try wait(for: watcher) { !$0.changedEntries.isEmpty }.changedEntries == ["y"])
    }

    @Test func aLinkToNothingIsALimitation() throws {
        try FileManager.default.createSymbolicLink(atPath: folder + "/run", withDestinationPath: folder + "/none")
        #expect(try watcher().limitations.first?.contains("is a symbolic link to a folder that is not there") == true)
    }

    @Test func wakingEndsTheWaitOfAnotherThread() async throws {
        try make("run")
        let watcher = try watcher()
        let waiting = Task.detached { try watcher.waitForChange(timeoutMilliseconds: 20_000) }
        watcher.wake()
        #expect(try await waiting.value == ChangeReport(wasWoken: true))
        #expect(try watcher.waitForChange(timeoutMilliseconds: 0).isEmpty)
    }

    @Test func wakingBeforeTheWaitEndsTheNextOne() throws {
        let watcher = try watcher()
        for _ in 0..<100_000 { watcher.wake() }
        #expect(try watcher.waitForChange(timeoutMilliseconds: patience).wasWoken)
        #expect(try watcher.waitForChange(timeoutMilliseconds: 0).isEmpty)
    }

    @Test func withoutInotifyThereAreRescansAndALimitation() throws {
        try make("run")
        var settings = WatchSettings()
        settings.rescanIntervalWithoutEvents = .milliseconds(5)
        let watcher = try DirectoryWatcher(
            root: folder + "/run", settings: settings, queue: nil, withoutQueue: "none left")
        #expect(watcher.limitations == ["none left"])
        #expect(try watcher.waitForChange(timeoutMilliseconds: patience) == ChangeReport(needsRescan: true))
        #expect(try watcher.waitForChange(timeoutMilliseconds: patience) == ChangeReport(needsRescan: true))
    }

    @Test func aNetworkFileSystemIsRescannedThoughEveryFolderIsWatched() throws {
        try make("run")
        let watcher = try watcher {
            $0.isNetworkFileSystem = true
            $0.rescanIntervalWithoutEvents = .milliseconds(5)
        }
        #expect(try watcher.waitForChange(timeoutMilliseconds: patience).needsRescan)
        #expect(watcher.limitations.first?.contains("network file system") == true)
    }

    @Test func aThousandFilesAreAFewReports() throws {
        try make("run")
        let watcher = try watcher()
        for number in 0..<1000 { try write("run/file-\(number)") }
        var reports = 0
        _ = try wait(for: watcher) {
            reports += 1
            return $0.changedEntries.count == 1000
        }
        // One with nothing in it, one with all; two more are allowed for a machine that stalls while files are written.
        #expect(reports <= 4)
    }

    @Test(.enabled(if: DirectoryWatcherTests.queueLength <= 65_536))
    func eventsThatTheKernelDropsAreARescan() throws {
        try make("run")
        let watcher = try watcher()
        // Two events a file, and nobody reads meanwhile.
        for number in 0...DirectoryWatcherTests.queueLength / 2 {
            let descriptor = open(folder + "/run/\(number)", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
            try #require(descriptor >= 0)
            close(descriptor)
        }
        _ = try wait(for: watcher) { $0.needsRescan }
        try write("run/after")
        _ = try wait(for: watcher) { $0.changedEntries.contains("after") }
    }

    /// `fs.inotify.max_queued_events`
    private static let queueLength: Int = {
        let text = try? String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
        return text.flatMap { Int($0.filter(\.isNumber)) } ?? .max
    }()

    @Test func aRelativeRootIsRefused() {
        #expect(throws: DirectoryWatchingError.relativeRoot(path: "run")) { try DirectoryWatcher(root: "run") }
    }
}
