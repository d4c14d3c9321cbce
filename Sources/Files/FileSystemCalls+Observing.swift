extension FileSystemCalls {
    /// The same calls, with `observer` told after each one that got somewhere: bytes came or went, a folder was listed, a
    /// file was looked at. A prediction of many gigabytes is then visibly under way, byte by byte.
    ///
    /// - Parameter observer: called on any thread; must return at once.
    public func observed(by observer: @escaping @Sendable () -> Void) -> FileSystemCalls {
        var calls = self
        calls.read = { [read] (descriptor, room, range, offset) throws(SystemCallFailure) in
            let count = try read(descriptor, &room, range, offset)
            observer()
            return count
        }
        calls.write = { [write] (descriptor, bytes) throws(SystemCallFailure) in
            let count = try write(descriptor, bytes)
            observer()
            return count
        }
        calls.synchronize = { [synchronize] (descriptor) throws(SystemCallFailure) in
            try synchronize(descriptor)
            observer()
        }
        calls.list = { [list] (path) throws(SystemCallFailure) in
            let names = try list(path)
            observer()
            return names
        }
        calls.statusFollowingLinks = { [statusFollowingLinks] (path) throws(SystemCallFailure) in
            let status = try statusFollowingLinks(path)
            observer()
            return status
        }
        return calls
    }
}
