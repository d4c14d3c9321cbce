import Glibc

extension WriterRule {
    /// The rule for this process.
    ///
    /// - Parameter group: `socket.group`, a name or a number; nil or empty for none.
    /// - Throws: `ListenerError.groupUnknown`
    public static func current(group: String?, path: String) throws(ListenerError) -> WriterRule {
        guard let group, !group.isEmpty else { return WriterRule(ownUser: geteuid(), group: nil) }
        guard let number = SocketCalls.group(named: group) else { throw .groupUnknown(path: path, group: group) }
        return WriterRule(ownUser: geteuid(), group: number)
    }
}
