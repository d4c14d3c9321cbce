import Files
import Glibc
import TestSupport
import Testing

/// Fails every system call of publishing in turn: afterwards the target is absent or whole.
struct PublishingFailureTests {
    private func publish(_ folder: TemporaryDirectory, _ calls: FileSystemCalls) throws {
        try AtomicPublisher(calls: calls).publishDirectory(at: folder.path("p")) { builder in
            try builder.addFile(named: "a", contents: [1, 2, 3])
            try builder.addFile(named: "b") { writer in
                try writer.write([UInt16(1), 2])
                try writer.write([Double(1)])
            }
        }
    }

    private func expectAbsentOrWhole(_ folder: TemporaryDirectory) throws {
        guard try folder.names().contains("p") else { return }
        #expect(try folder.names(in: "p") == ["a", "b"])
        #expect(try folder.bytes(of: "p/a") == [1, 2, 3])
        #expect(try folder.bytes(of: "p/b").count == 12)
    }

    @Test(arguments: [EIO, ENOSPC, EDQUOT, EROFS])
    func aFolderIsAbsentOrWholeWhicheverCallFails(number: Int32) throws {
        let whole = FailingFileSystem()
        try publish(try TemporaryDirectory(inMemory: true), whole.calls)
        #expect(whole.count > 15)
        var silent: [FailingFileSystem.Call] = []
        for failing in 1...whole.count {
            let folder = try TemporaryDirectory(inMemory: true)
            let files = FailingFileSystem(failing: failing, with: number)
            do {
                try publish(folder, files.calls)
                silent.append(files.made[failing - 1])
            } catch let error as FileError {
                #expect(error.isFull == [ENOSPC, EDQUOT].contains(number))
            }
            try expectAbsentOrWhole(folder)
            #expect(files.openDescriptors == 0)
            let names = try folder.names()
            #expect(names.isEmpty || names == ["p"], "call \(failing), \(whole.made[failing - 1])")
        }
        // Advice and a lock that the file system does not have are the only failures that may pass.
        #expect(Set(silent) == [.dropFromPageCache, .lock])
    }

    @Test func whatCannotBeCleanedUpIsCleanedUpNextTime() throws {
        let whole = FailingFileSystem()
        try publish(try TemporaryDirectory(inMemory: true), whole.calls)
        for failing in 1...whole.count {
            let folder = try TemporaryDirectory(inMemory: true)
            // From the failing call on, nothing can be removed: the process might as well have died there.
            let first = FailingFileSystem(failing: failing, with: EIO)
            var calls = first.calls
            calls.unlink = { (_) throws(SystemCallFailure) in throw SystemCallFailure(EIO) }
            calls.removeDirectory = { (_) throws(SystemCallFailure) in throw SystemCallFailure(EIO) }
            let failed = (try? publish(folder, calls)) == nil
            try expectAbsentOrWhole(folder)
            try AtomicPublisher().removeLeftovers(in: folder.path)
            #expect(try folder.names().allSatisfy { $0 == "p" })
            let isAbsent = try folder.names().isEmpty
            if failed && isAbsent {
                try publish(folder, FileSystemCalls.system)
                try expectAbsentOrWhole(folder)
            }
        }
    }

    @Test func everythingIsFlushedBeforeTheRenameAndTheParentAfterIt() throws {
        let files = FailingFileSystem(only: [.write, .synchronize, .renameWithoutReplacing])
        try publish(try TemporaryDirectory(inMemory: true), files.calls)
        #expect(
            files.made == [
                .write, .synchronize, .write, .synchronize, .synchronize, .renameWithoutReplacing, .synchronize,
            ])
    }

    @Test func aLongFileIsFlushedAndLeavesThePageCacheOnTheWay() throws {
        let files = FailingFileSystem(only: [.write, .synchronize, .dropFromPageCache])
        let folder = try TemporaryDirectory(inMemory: true)
        try AtomicPublisher(calls: files.calls, flushInterval: 100).publishDirectory(at: folder.path("p")) { builder in
            try builder.addFile(named: "long") { for _ in 0..<5 { try $0.write([UInt8](repeating: 1, count: 50)) } }
        }
        let flush = [FailingFileSystem.Call.synchronize, .dropFromPageCache]
        #expect(
            files.made == [.write] + flush + [.write] + flush + [.write] + flush + [
                .synchronize, .synchronize,
            ])
    }

    @Test func aReplacedFileIsTheOldOneOrTheNewOne() throws {
        let whole = FailingFileSystem()
        func replace(_ folder: TemporaryDirectory, _ calls: FileSystemCalls) throws {
            try AtomicPublisher(calls: calls).publishFile(at: folder.path("f"), contents: [2, 2], replacing: true)
        }
        let first = try TemporaryDirectory(inMemory: true)
        try first.write([1], to: "f")
        try replace(first, whole.calls)
        for failing in 1...whole.count {
            let folder = try TemporaryDirectory(inMemory: true)
            try folder.write([1], to: "f")
            try? replace(folder, FailingFileSystem(failing: failing, with: ENOSPC).calls)
            #expect(try [[1], [2, 2]].contains(folder.bytes(of: "f")))
            #expect(try folder.names() == ["f"])
        }
    }

    @Test func theLinkIsTheOldOneOrTheNewOne() throws {
        for failing in 1...5 {
            let folder = try TemporaryDirectory(inMemory: true)
            try AtomicPublisher().replaceSymbolicLink(at: folder.path("latest"), pointingTo: "old")
            let files = FailingFileSystem(failing: failing, with: EIO)
            try? AtomicPublisher(calls: files.calls).replaceSymbolicLink(at: folder.path("latest"), pointingTo: "new")
            #expect(try ["old", "new"].contains(FileTree().linkTarget(of: folder.path("latest"))))
            #expect(try folder.names() == ["latest"])
        }
    }
}
