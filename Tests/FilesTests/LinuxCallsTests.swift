import CLinux
import Glibc
import TestSupport
import Testing

struct LinuxCallsTests {
    @Test func thePeerOfASocketIsKnownWithAllItsGroups() throws {
        var pair: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { for descriptor in pair { close(descriptor) } }
        var (pid, uid, gid): (pid_t, uid_t, gid_t) = (0, 0, 0)
        #expect(alpharl_peer_credentials(pair[0], &pid, &uid, &gid) == 0)
        #expect((pid, uid, gid) == (getpid(), geteuid(), getegid()))

        let count = Int(getgroups(0, nil))
        var own = [gid_t](repeating: 0, count: count)
        #expect(getgroups(Int32(count), &own) == Int32(count))
        var room = count
        var groups = [gid_t](repeating: 0, count: max(1, count))
        #expect(alpharl_peer_groups(pair[0], &groups, &room) == 0)
        #expect(Set(groups.prefix(room)) == Set(own))
        if count > 0 {
            var none = 0
            #expect(alpharl_peer_groups(pair[0], &groups, &none) == ERANGE)
            #expect(none == count)
        }
    }

    @Test func whatIsNoSocketHasNoPeer() throws {
        let folder = try TemporaryDirectory()
        let descriptor = open(folder.path, O_RDONLY)
        defer { close(descriptor) }
        var (pid, uid, gid): (pid_t, uid_t, gid_t) = (0, 0, 0)
        #expect(alpharl_peer_credentials(descriptor, &pid, &uid, &gid) == ENOTSOCK)
    }

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
