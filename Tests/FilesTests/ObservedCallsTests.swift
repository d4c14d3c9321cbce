import Files
import Synchronization
import TestSupport
import Testing

struct ObservedCallsTests {
    @Test func whatGetsSomewhereIsToldAndWhatFailsIsNot() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write([1, 2, 3, 4], to: "f")
        let count = Mutex(0)
        let observed = { (calls: FileSystemCalls) in calls.observed { count.withLock { $0 += 1 } } }
        let reader = try FileReader(path: path, calls: observed(FailingFileSystem(maximumTransfer: 1).calls))
        #expect(try reader.read(count: 4, at: 0) == [1, 2, 3, 4])
        #expect(count.withLock { $0 } == 4, "byte by byte")
        #expect(throws: FileError.self) { try reader.read(count: 1, at: 9) }
        let before = count.withLock { $0 }
        let failing = observed(FailingFileSystem(failing: 1, with: 5).calls)
        #expect(throws: FileError.self) { try FileTree(calls: failing).names(in: folder.path) }
        #expect(count.withLock { $0 } == before)
        #expect(try FileTree(calls: observed(.system)).names(in: folder.path) == ["f"])
        #expect(count.withLock { $0 } > before)
    }
}
