import Glibc
import Testing

@testable import DirectoryWatching

struct WatchTreeTests {
    private let kernel = ScriptedKernel()

    private func tree(depth: Int = 4, watches: Int = 100) -> WatchTree {
        WatchTree(root: "/d/run", maximumDepth: depth, maximumWatches: watches, kernel: kernel)
    }

    @Test func foldersDownToTheDepthAreWatchedAndTheFolderAboveForTheRootsSake() {
        kernel.make("/d", "/d/run", "/d/run/s", "/d/run/s/actor", "/d/run/s/actor/hf", "/d/other")
        let tree = tree(depth: 2)
        #expect(tree.watchedFolderCount == 3)
        #expect(["/d", "/d/run", "/d/run/s", "/d/run/s/actor"].allSatisfy(kernel.isWatched))
        #expect(!kernel.isWatched("/d/run/s/actor/hf") && !kernel.isWatched("/d/other"))
        #expect(tree.limitations.isEmpty)
    }

    @Test func aChangeIsToldByTheNameInTheRoot() {
        kernel.make("/d", "/d/run", "/d/run/s", "/d/run/s/actor")
        var tree = tree()
        let outcome = tree.take([
            kernel.event(.touched, in: "/d/run/s/actor", "model.safetensors"),
            kernel.event(.appeared, in: "/d/run", "latest.txt"),
            kernel.event(.touched, in: "/d", "unrelated"),
        ])
        #expect(outcome == .init(changed: ["s", "latest.txt"], isEverything: false))
    }

    @Test func aFolderThatAppearsWithFoldersInItIsFollowedDown() {
        kernel.make("/d", "/d/run")
        var tree = tree()
        kernel.make("/d/run/s", "/d/run/s/actor")
        let outcome = tree.take([kernel.event(.appeared, in: "/d/run", "s", isFolder: true)])
        #expect(outcome.changed == ["s"])
        #expect(kernel.isWatched("/d/run/s") && kernel.isWatched("/d/run/s/actor"))
    }

    @Test func whatAppearsBetweenWatchingAndReadingIsSeen() {
        kernel.make("/d", "/d/run", "/d/run/s")
        kernel.afterWatching = ("/d/run/s", { $0.make("/d/run/s/late") })
        _ = tree()
        #expect(kernel.isWatched("/d/run/s/late"))
    }

    @Test func aFolderThatWasMovedAwayIsNoLongerWatched() {
        kernel.make("/d", "/d/run", "/d/run/tmp_step_1", "/d/run/tmp_step_1/policy")
        var tree = tree()
        let old = kernel.number("/d/run/tmp_step_1/policy")
        let event = kernel.event(.disappeared, in: "/d/run", "tmp_step_1", isFolder: true)
        #expect(tree.take([event]).changed == ["tmp_step_1"])
        #expect(!kernel.watched.contains(old))
        #expect(tree.watchedFolderCount == 1)
    }

    @Test func aRootThatIsNotThereIsWaitedForFromTheNearestFolder() {
        kernel.make("/d")
        var tree = WatchTree(root: "/d/a/run", maximumDepth: 4, maximumWatches: 100, kernel: kernel)
        #expect(!tree.isRootPresent && kernel.isWatched("/d") && tree.limitations.isEmpty)
        #expect(tree.take([kernel.event(.appeared, in: "/d", "b", isFolder: true)]) == .init())
        kernel.make("/d/a")
        #expect(tree.take([kernel.event(.appeared, in: "/d", "a", isFolder: true)]).isEverything)
        tree.refresh()
        #expect(kernel.isWatched("/d/a") && !kernel.isWatched("/d") && !tree.isRootPresent)
        kernel.make("/d/a/run")
        #expect(tree.take([kernel.event(.appeared, in: "/d/a", "run", isFolder: true)]).isEverything)
        tree.refresh()
        #expect(tree.isRootPresent && kernel.isWatched("/d/a/run"))
    }

    @Test func aFolderMadeWhileItsParentIsBeingWatchedIsNotMissed() {
        kernel.make("/d")
        kernel.afterWatching = ("/d", { $0.make("/d/a") })
        let tree = WatchTree(root: "/d/a/run", maximumDepth: 4, maximumWatches: 100, kernel: kernel)
        #expect(kernel.isWatched("/d/a") && !kernel.isWatched("/d"))
        #expect(!tree.isRootPresent)
    }

    @Test func aRootThatIsRemovedAndMadeAnewIsWatchedAnew() {
        kernel.make("/d", "/d/run", "/d/run/s")
        var tree = tree()
        let gone = kernel.event(.folderGone, in: "/d/run")
        kernel.remove("/d/run")
        #expect(tree.take([gone]).isEverything)
        tree.refresh()
        #expect(!tree.isRootPresent && tree.watchedFolderCount == 0)
        kernel.make("/d/run", "/d/run/t")
        #expect(tree.take([kernel.event(.appeared, in: "/d", "run", isFolder: true)]).isEverything)
        tree.refresh()
        #expect(tree.isRootPresent && kernel.isWatched("/d/run/t"))
    }

    @Test func lostEventsMeanEverythingAndARefreshFindsWhatTheyWouldHaveTold() {
        kernel.make("/d", "/d/run", "/d/run/s")
        var tree = tree()
        let old = kernel.number("/d/run/s")
        kernel.remove("/d/run/s")
        kernel.make("/d/run/s", "/d/run/t")
        #expect(tree.take([KernelEvent(watch: -1, kind: .lost, isFolder: false, name: "")]).isEverything)
        tree.refresh()
        #expect(kernel.isWatched("/d/run/s") && kernel.isWatched("/d/run/t"))
        #expect(!kernel.watched.contains(old))
    }

    @Test func theUsersLimitIsSaidAndGoneWhenItIs() {
        kernel.make("/d", "/d/run", "/d/run/s", "/d/run/t")
        kernel.limit = 2
        var tree = tree()
        #expect(tree.isRootPresent)
        #expect(tree.limitations.count == 1 && tree.limitations[0].contains("fs.inotify.max_user_watches"))
        kernel.limit = 10
        tree.refresh()
        #expect(tree.limitations.isEmpty && tree.watchedFolderCount == 3)
    }

    @Test func ourOwnLimitIsSaidToo() {
        kernel.make("/d", "/d/run", "/d/run/s", "/d/run/t")
        let tree = tree(watches: 2)
        #expect(tree.watchedFolderCount == 2)
        #expect(tree.limitations[0].contains("only the first 2 folders below /d/run are watched"))
    }

    @Test func aFolderOfAnotherUserIsNamed() {
        kernel.make("/d", "/d/run", "/d/run/s")
        kernel.failures["/d/run/s"] = EACCES
        let tree = tree()
        #expect(
            tree.limitations == [
                "cannot watch /d/run/s: permission denied; let this user read it, or run as the trainer's user"
            ])
        #expect(tree.watchedFolderCount == 1)
    }

    @Test func aPathThatIsAFileIsNamed() {
        kernel.make("/d")
        kernel.failures["/d/run"] = ENOTDIR
        #expect(tree().limitations.first == "cannot watch /d/run: it is not a folder; is it the right path?")
    }

    @Test func eventsOfEndedWatchesMeanNothing() {
        kernel.make("/d", "/d/run")
        var tree = tree()
        let stranger = KernelEvent(watch: 999, kind: .touched, isFolder: false, name: "x")
        let ended = KernelEvent(watch: 999, kind: .ended, isFolder: false, name: "")
        #expect(tree.take([stranger, ended]) == .init())
    }
}

struct InotifyRecordTests {
    private func record(_ watch: Int32, _ mask: UInt32, _ name: String) -> [UInt8] {
        let padded = name.isEmpty ? [] : Array(name.utf8) + [UInt8](repeating: 0, count: 16 - name.utf8.count % 16)
        let words = [UInt32(bitPattern: watch), mask, 0, UInt32(padded.count)]
        return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } } + padded
    }

    @Test func recordsOfEachKindAreToldApart() {
        let bytes =
            record(1, UInt32(IN_CREATE) | UInt32(IN_ISDIR), "checkpoint-10") + record(2, UInt32(IN_CLOSE_WRITE), "a")
            + record(1, UInt32(IN_MOVED_FROM), "b") + record(-1, UInt32(IN_Q_OVERFLOW), "")
            + record(3, UInt32(IN_IGNORED), "") + record(3, UInt32(IN_MODIFY), "unasked")
        #expect(
            InotifyQueue.events(in: bytes[...]) == [
                KernelEvent(watch: 1, kind: .appeared, isFolder: true, name: "checkpoint-10"),
                KernelEvent(watch: 2, kind: .touched, isFolder: false, name: "a"),
                KernelEvent(watch: 1, kind: .disappeared, isFolder: false, name: "b"),
                KernelEvent(watch: -1, kind: .lost, isFolder: false, name: ""),
                KernelEvent(watch: 3, kind: .ended, isFolder: false, name: ""),
            ])
    }

    @Test func aRecordThatIsCutShortIsLeft() {
        let bytes = record(1, UInt32(IN_CREATE), "abc")
        #expect(InotifyQueue.events(in: bytes[..<15]).isEmpty)
        #expect(InotifyQueue.events(in: bytes[..<18]).map(\.name) == ["ab"])
    }
}
