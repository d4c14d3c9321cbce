import Files
import Glibc
import Synchronization
import TestSupport
import Testing

struct FileTreeTests {
    let folder: TemporaryDirectory
    let tree = FileTree()

    init() throws { folder = try TemporaryDirectory() }

    @Test func entriesComeInByteOrderAndLinksAreThemselves() throws {
        try folder.write([1, 2], to: "b")
        try folder.makeDirectory("B")
        #expect(symlink("nowhere", folder.path("a")) == 0)
        let entries = try tree.entries(of: folder.path)
        #expect(entries.map(\.name) == ["B", "a", "b"])
        #expect(entries.map(\.status.kind) == [.directory, .symbolicLink, .regular])
        #expect(entries[2].status.identity.size == 2)
    }

    @Test func aFolderThatIsNotThereHasVanished() throws {
        let error = #expect(throws: FileError.self) { try tree.entries(of: folder.path("none")) }
        #expect(error?.isVanished == true)
        #expect(try tree.status(of: folder.path("none")) == nil)
    }

    @Test func freeSpaceIsThatOfTheNearestFolderThatExists() throws {
        let here = try tree.availableBytes(at: folder.path)
        #expect(here > 0)
        let calls = FailingFileSystem()
        _ = try FileTree(calls: calls.calls).availableBytes(at: folder.path("not/yet/there"))
        #expect(calls.made.last == .availableBytes)
    }

    @Test func foldersAreMadeWithThoseAboveAndAFileInTheWayIsNamed() throws {
        try tree.makeDirectories(at: folder.path("a/b/c"))
        try tree.makeDirectories(at: folder.path("a/b/c"))
        #expect(try tree.status(of: folder.path("a/b/c"))?.kind == .directory)
        try folder.write([], to: "f")
        #expect(throws: FileError.wrongKind(path: folder.path("f"), got: .regular, expected: .directory)) {
            try tree.makeDirectories(at: folder.path("f"))
        }
    }

    @Test func pathsAreResolvedAsFarAsTheyExist() throws {
        try folder.makeDirectory("real")
        #expect(symlink("real", folder.path("link")) == 0)
        #expect(try tree.resolveAsFarAsItExists(folder.path("link/new/er")) == folder.path("real/new/er"))
        #expect(try tree.resolveAsFarAsItExists(folder.path("link")) == folder.path("real"))
        #expect(try tree.resolveAsFarAsItExists(folder.path("none/../link/./x")) == folder.path("real/x"))
    }

    @Test(arguments: [
        ("/a/b", "/a", "b"), ("/a", "/", "a"), ("a", ".", "a"), ("a/b/", "a", "b"), ("/", "/", ""), ("./x", ".", "x"),
    ])
    func pathsAreSplitAtTheLastSlash(path: String, expectedFolder: String, expectedName: String) {
        let (folder, name) = FileTree.split(path)
        #expect(folder == expectedFolder)
        #expect(name == expectedName)
    }

    @Test(
        arguments: [
            (0x6969, "nfs", true), (0x0BD0_0BD0, "lustre", true), (0x794C_7630, "overlay", false),
            (0xEF53, "ext4", false),
            (-11_317_950, "cifs", true), (0x1234, "0x1234", false),
        ] as [(Int64, String, Bool)])
    func fileSystemsAreNamedByTheirMagicNumber(magic: Int64, name: String, isNetwork: Bool) {
        let kind = FileSystemKind(magic: magic)
        #expect(kind.name == name)
        #expect(kind.isNetwork == isNetwork)
    }

    /// ext4, tmpfs; NFS, FUSE; a file system that cannot be asked.
    @Test(arguments: [(0xEF53, true), (0x0102_1994, true), (0x6969, false), (0x6573_5546, false), (nil, false)])
    func whatCannotBeToldFromANetworkIsTakenForOne(magic: Int64?, isLocal: Bool) {
        var calls = FileSystemCalls.system
        let paths = Mutex(0)
        calls.fileSystemMagic = { _ throws(SystemCallFailure) in
            let place = paths.withLock { count in
                count += 1
                return count
            }
            guard place == 2 else { return 0xEF53 }
            guard let magic else { throw SystemCallFailure(5) }
            return magic
        }
        #expect(FileTree(calls: calls).isLocal([folder.path, folder.path]) == isLocal, "the second path decides")
    }

    @Test func theKindOfARealFileSystemIsKnown() throws {
        #expect(try !tree.fileSystemKind(of: folder.path).name.isEmpty)
        #expect(try tree.fileSystemKind(of: "/dev/shm").name == "tmpfs")
    }
}
