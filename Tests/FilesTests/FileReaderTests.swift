import Files
import Foundation
import Glibc
import TestSupport
import Testing

struct FileReaderTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    @Test func numbersAreReadAsTheyLieInTheFile() throws {
        let path = try folder.write([9, 0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x00, 0xC0], to: "f")
        let reader = try FileReader(path: path)
        var floats: [Float] = [0, 0]
        try reader.read(into: &floats, at: 1)
        #expect(floats == [1, -2])
        var halves: [UInt16] = [0, 0, 0, 0]
        try reader.read(into: &halves, at: 1)
        #expect(halves == [0, 0x3F80, 0, 0xC000])
    }

    @Test(arguments: [1, 2, 3, 7]) func shortReadsAreContinued(bytesAtATime: Int) throws {
        let content = (0..<50).map { UInt8($0) }
        let path = try folder.write(content, to: "f")
        let files = FailingFileSystem(maximumTransfer: bytesAtATime)
        #expect(try FileReader(path: path, calls: files.calls).read(count: 40, at: 10) == Array(content[10...]))
    }

    @Test func interruptedCallsAreMadeAgain() throws {
        let path = try folder.write([1, 2, 3], to: "f")
        let whole = FailingFileSystem()
        _ = try FileReader(path: path, calls: whole.calls).read(count: 3, at: 0)
        for number in 1...whole.count {
            let files = FailingFileSystem(failing: number, with: EINTR)
            #expect(try FileReader(path: path, calls: files.calls).read(count: 3, at: 0) == [1, 2, 3])
            #expect(files.count == whole.count + 1)
        }
    }

    @Test func readingBeyondTheEndSaysWhatWasThere() throws {
        let path = try folder.write([1, 2, 3], to: "f")
        let reader = try FileReader(path: path)
        #expect(throws: FileError.truncated(path: path, offset: 1, wanted: 4, got: 2)) {
            try reader.read(count: 4, at: 1)
        }
    }

    @Test func aFileCutShortWhileItIsReadIsTruncatedAndNoSignal() throws {
        let path = try folder.write([UInt8](repeating: 1, count: 10_000), to: "f")
        let reader = try FileReader(path: path)
        #expect(truncate(path, 5000) == 0)
        #expect(throws: FileError.truncated(path: path, offset: 0, wanted: 10_000, got: 5000)) {
            try reader.read(count: 10_000, at: 0)
        }
    }

    @Test func aMissingFileHasVanished() throws {
        let error = #expect(throws: FileError.self) { try FileReader(path: folder.path("none")) }
        #expect(error?.isVanished == true)
        #expect(error?.description.contains("cannot open \(folder.path)/none: No such file or directory; ") == true)
    }

    @Test func whatIsNotAFileIsRefusedAtOnce() throws {
        #expect(throws: FileError.wrongKind(path: folder.path, got: .directory, expected: .regular)) {
            try FileReader(path: folder.path)
        }
        // Opening a pipe without O_NONBLOCK would wait for a writer for ever.
        #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
        #expect(throws: FileError.wrongKind(path: folder.path("pipe"), got: .other, expected: .regular)) {
            try FileReader(path: folder.path("pipe"))
        }
    }

    @Test func missingPermissionNamesOwnerAndMode() throws {
        let path = try folder.write([1], to: "secret")
        #expect(chmod(path, 0o600) == 0)
        let files = FailingFileSystem(failing: 1, with: EACCES)
        let error = #expect(throws: FileError.self) { try FileReader(path: path, calls: files.calls) }
        #expect(error == .noPermission(.open, path: path, owner: getuid(), mode: 0o600))
        #expect(error?.isPermission == true)
        #expect(error?.description.contains("(owner uid \(getuid()), mode 0600)") == true)
    }

    @Test func everyFailingCallIsReportedAndNothingStaysOpen() throws {
        let path = try folder.write([1, 2, 3], to: "f")
        func readAll(_ calls: FileSystemCalls) throws {
            let reader = try FileReader(path: path, calls: calls)
            _ = try reader.read(count: 3, at: 0)
            _ = try reader.currentIdentityByDescriptor()
            _ = try reader.currentIdentityByPath()
        }
        let whole = FailingFileSystem()
        try readAll(whole.calls)
        #expect(whole.made == [.open, .statusOfDescriptor, .read, .statusOfDescriptor, .statusFollowingLinks])
        for number in 1...whole.count {
            let files = FailingFileSystem(failing: number, with: EIO)
            let error = #expect(throws: FileError.self) { try readAll(files.calls) }
            #expect(error?.path == path)
            #expect(files.openDescriptors == 0)
        }
    }

    @Test func identityFollowsContentAndName() throws {
        let path = try folder.write([1, 2, 3], to: "f")
        let reader = try FileReader(path: path)
        #expect(try reader.currentIdentityByDescriptor() == reader.identity)
        try folder.write([4, 5, 6], to: "g")
        #expect(rename(folder.path("g"), path) == 0)
        #expect(try reader.currentIdentityByDescriptor() == reader.identity)
        #expect(try reader.currentIdentityByPath() != reader.identity)
        #expect(try reader.read(count: 3, at: 0) == [1, 2, 3])
        #expect(unlink(path) == 0)
        let error = #expect(throws: FileError.self) { try reader.currentIdentityByPath() }
        #expect(error?.isVanished == true)
    }

    @Test func linksToFilesAreFollowed() throws {
        let path = try folder.write([1, 2, 3], to: "blob")
        #expect(symlink("blob", folder.path("link")) == 0)
        #expect(try FileReader(path: folder.path("link")).identity == FileReader(path: path).identity)
    }
}
