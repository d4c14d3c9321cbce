import CLinux
import Glibc
import TestSupport
import Testing

struct LinuxCallsTests {
    @Test func renamingWithoutReplacingSaysWhatIsInTheWay() throws {
        let folder = try TemporaryDirectory()
        try folder.write([1], to: "a")
        try folder.write([2], to: "b")
        #expect(alpharl_rename_noreplace(folder.path("a"), folder.path("b")) == EEXIST)
        #expect(alpharl_rename_noreplace(folder.path("none"), folder.path("c")) == ENOENT)
        #expect(alpharl_rename_noreplace(folder.path("a"), folder.path("c")) == 0)
        #expect(try folder.names() == ["b", "c"])
    }
}
