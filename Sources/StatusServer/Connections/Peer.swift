import CLinux

/// Who is at the other end of a connection, as the kernel knows it from the moment of `connect`.
struct Peer: Hashable, Sendable {
    let process: Int32
    let user: UInt32
    /// The primary group.
    let group: UInt32
    let supplementaryGroups: [UInt32]

    /// Nil when `descriptor` is no connected Unix socket.
    static func credentials(of descriptor: Int32) -> Peer? {
        var peer = alpharl_peer()
        guard unsafe alpharl_peer_credentials(descriptor, &peer) == 0 else { return nil }
        guard let groups = supplementaryGroups(of: descriptor) else { return nil }
        return Peer(process: peer.process, user: peer.user, group: peer.group, supplementaryGroups: groups)
    }

    /// At most 65,536 of them (NGROUPS_MAX).
    private static func supplementaryGroups(of descriptor: Int32) -> [UInt32]? {
        for capacity in [64, 65_536] {
            var groups = [UInt32](repeating: 0, count: capacity)
            var count = 0
            let number = unsafe alpharl_peer_groups(descriptor, &groups, capacity, &count)
            if number == 0 { return Array(groups.prefix(count)) }
        }
        return nil
    }
}

/// Who may change the daemon's state: root, the daemon's own user, and the members of one group.
public struct WriterRule: Hashable, Sendable {
    let ownUser: UInt32
    let group: UInt32?

    init(ownUser: UInt32, group: UInt32?) {
        self.ownUser = ownUser
        self.group = group
    }

    func allows(_ peer: Peer) -> Bool {
        if peer.user == 0 || peer.user == ownUser { return true }
        guard let group else { return false }
        return peer.group == group || peer.supplementaryGroups.contains(group)
    }
}
