import Files
import Foundation
import Glibc
import TestSupport
import Testing

struct AtomicPublisherTests {
    let folder: TemporaryDirectory
    let publisher = AtomicPublisher()

    init() throws { folder = try TemporaryDirectory() }

    private func mode(_ name: String) throws -> UInt32 {
        try #require(try FileTree().status(of: folder.path(name))).mode
    }

    @Test func aFolderAppearsWholeReadableByAllAndWithItsDigests() throws {
        let old = umask(0o077)
        defer { umask(old) }
        let files = try publisher.publishDirectory(at: folder.path("p")) { builder in
            try builder.addFile(named: "b", contents: Array("abc".utf8))
            try builder.addFile(named: "a") { try $0.write([Float(1), 2]) }
            #expect(try folder.names() != ["p"])
            return builder.files
        }
        #expect(files.map(\.name) == ["b", "a"])
        #expect(files.map(\.size) == [3, 8])
        #expect(files[0].sha256 == .of(Array("abc".utf8)))
        #expect(try folder.names() == ["p"])
        #expect(try folder.names(in: "p") == ["a", "b"])
        #expect(try folder.text(of: "p/b") == "abc")
        #expect(try mode("p") == 0o755)
        #expect(try mode("p/a") == 0o644)
    }

    @Test(arguments: [1, 3]) func shortWritesAreContinued(bytesAtATime: Int) throws {
        let files = FailingFileSystem(maximumTransfer: bytesAtATime)
        let content = (0..<100).map { UInt8($0) }
        try AtomicPublisher(calls: files.calls).publishFile(at: folder.path("f"), contents: content)
        #expect(try folder.bytes(of: "f") == content)
    }

    @Test func nothingIsReplacedUnlessAsked() throws {
        try folder.write("old", to: "f")
        #expect(throws: FileError.alreadyExists(path: folder.path("f"))) {
            try publisher.publishFile(at: folder.path("f"), contents: [1])
        }
        #expect(try folder.text(of: "f") == "old")
        try publisher.publishFile(at: folder.path("f"), contents: Array("new".utf8), replacing: true)
        #expect(try folder.text(of: "f") == "new")
        #expect(try folder.names() == ["f"])
    }

    @Test func aFolderIsNeverReplacedNotEvenAnEmptyOne() throws {
        try folder.makeDirectory("p")
        #expect(throws: FileError.alreadyExists(path: folder.path("p"))) {
            try publisher.publishDirectory(at: folder.path("p")) { try $0.addFile(named: "x", contents: []) }
        }
        #expect(try folder.names(in: "p") == [])
    }

    @Test func aFolderThatAppearsMeanwhileIsNotReplaced() throws {
        #expect(throws: FileError.alreadyExists(path: folder.path("p"))) {
            try publisher.publishDirectory(at: folder.path("p")) { _ in try folder.makeDirectory("p") }
        }
        #expect(try folder.names() == ["p"])
    }

    @Test(arguments: [EINVAL, ENOSYS])
    func fileSystemsWithoutRenameNoReplaceAreServed(number: Int32) throws {
        let files = FailingFileSystem(failing: 1, with: number, only: [.renameWithoutReplacing])
        let publisher = AtomicPublisher(calls: files.calls)
        try publisher.publishDirectory(at: folder.path("p")) { try $0.addFile(named: "x", contents: [1]) }
        #expect(try folder.bytes(of: "p/x") == [1])
        let again = FailingFileSystem(failing: 1, with: number, only: [.renameWithoutReplacing])
        #expect(throws: FileError.alreadyExists(path: folder.path("q"))) {
            try AtomicPublisher(calls: again.calls).publishDirectory(at: folder.path("q")) { _ in
                try folder.makeDirectory("q")
            }
        }
    }

    @Test(arguments: ["", ".", "..", "a/b", "../x", "/etc/passwd", "a\0b", String(repeating: "n", count: 256)])
    func namesThatLeaveTheFolderAreRefused(name: String) throws {
        let error = #expect(throws: FileError.self) {
            try publisher.publishDirectory(at: folder.path("p")) { try $0.addFile(named: name, contents: [1]) }
        }
        guard case .unsafeName(name, _) = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
        #expect(try folder.names() == [])
    }

    @Test func theLinkIsReplacedInOneStepAndOnlyALinkIs() throws {
        let path = folder.path("latest")
        try publisher.replaceSymbolicLink(at: path, pointingTo: "one")
        try publisher.replaceSymbolicLink(at: path, pointingTo: "two")
        #expect(try FileTree().linkTarget(of: path) == "two")
        try folder.write("text", to: "f")
        #expect(throws: FileError.wrongKind(path: folder.path("f"), got: .regular, expected: .symbolicLink)) {
            try publisher.replaceSymbolicLink(at: folder.path("f"), pointingTo: "one")
        }
        #expect(try folder.names() == ["f", "latest"])
    }

    @Test func withdrawingRemovesTheFolderAndNoTargetOfItsLinks() throws {
        try folder.write("precious", to: "outside")
        try publisher.publishDirectory(at: folder.path("p")) { try $0.addFile(named: "x", contents: [1]) }
        #expect(symlink(folder.path("outside"), folder.path("p/link")) == 0)
        try folder.makeDirectory("p/below")
        try publisher.withdrawDirectory(at: folder.path("p"))
        #expect(try folder.names() == ["outside"])
    }

    @Test func leftoversGoAndEverythingElseStays() throws {
        let crashed = AtomicPublisher.temporaryPrefix + "step-1-abc"
        try folder.makeDirectory(crashed)
        try folder.write([1], to: crashed + "/model.safetensors")
        try folder.write([1], to: AtomicPublisher.temporaryPrefix + "file")
        try folder.write([1], to: ".tmp-other")
        try folder.makeDirectory("step-1")
        #expect(try publisher.removeLeftovers(in: folder.path).removed.count == 2)
        #expect(try folder.names() == [".tmp-other", "step-1"])
    }

    @Test func aLeftoverThatCannotBeRemovedKeepsNoOther() throws {
        for name in ["a", "b"] { try folder.write([1], to: AtomicPublisher.temporaryPrefix + name) }
        let files = FailingFileSystem(failing: 1, with: EACCES, only: [.unlink])
        let (removed, failures) = try AtomicPublisher(calls: files.calls).removeLeftovers(in: folder.path)
        #expect(removed == [AtomicPublisher.temporaryPrefix + "b"])
        #expect(failures.map(\.isPermission) == [true])
    }

    @Test func whatAnotherPublisherIsWritingIsNoLeftover() throws {
        try publisher.publishDirectory(at: folder.path("p")) { builder in
            try builder.addFile(named: "x", contents: [1])
            #expect(try AtomicPublisher().removeLeftovers(in: folder.path).removed == [])
        }
        #expect(try folder.bytes(of: "p/x") == [1])
    }

    @Test func aFileIsCopiedByteForByteThroughALink() throws {
        let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try folder.write(content, to: "blob")
        #expect(symlink("blob", folder.path("tokenizer.json")) == 0)
        try publisher.publishDirectory(at: folder.path("p")) { builder in
            try builder.copyFile(from: folder.path("tokenizer.json"), named: "tokenizer.json")
        }
        #expect(try folder.bytes(of: "p/tokenizer.json") == content)
        #expect(try FileTree().status(of: folder.path("p/tokenizer.json"))?.kind == .regular)
    }
}
