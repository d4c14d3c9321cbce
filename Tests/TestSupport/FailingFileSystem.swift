import Files
import Synchronization

/// The system's calls, counted, of which one fails, or whose reads and writes transfer only a little at a time.
///
///     let files = FailingFileSystem(failing: 3, with: ENOSPC)
///     try AtomicPublisher(calls: files.calls).publishFile(...)
///
/// Closing is neither counted nor failed: what closes has nothing to tell anybody.
public final class FailingFileSystem: Sendable {
    public enum Call: String, Sendable, CaseIterable {
        case open, read, write, synchronize, changeMode, rename, renameWithoutReplacing, makeDirectory, unlink
        case removeDirectory, makeSymbolicLink, readSymbolicLink, statusFollowingLinks, statusOfLink
        case statusOfDescriptor, list, resolve, availableBytes, fileSystemMagic, dropFromPageCache, lock
    }

    private struct State {
        var count = 0
        var made: [Call] = []
        var openDescriptors = 0
    }

    private let state = Mutex(State())
    private let failing: Int?
    private let number: Int32
    private let only: Set<Call>
    private let maximumTransfer: Int
    private let before: @Sendable (Call, Int) -> Void

    /// - Parameters:
    ///   - failing: the number of the call that fails, from 1 on, counting those in `only`; nil: none does.
    ///   - number: its errno.
    ///   - maximumTransfer: bytes that one read or write moves at most.
    ///   - before: called before each counted call with its kind and number.
    public init(
        failing: Int? = nil, with number: Int32 = 5, only: Set<Call> = Set(Call.allCases),
        maximumTransfer: Int = Int.max, before: @escaping @Sendable (Call, Int) -> Void = { _, _ in }
    ) {
        self.failing = failing
        self.number = number
        self.only = only
        self.maximumTransfer = maximumTransfer
        self.before = before
    }

    /// How many calls (of `only`) were made.
    public var count: Int { state.withLock { $0.count } }
    /// Which, in order.
    public var made: [Call] { state.withLock { $0.made } }
    /// Descriptors that were opened and not closed.
    public var openDescriptors: Int { state.withLock { $0.openDescriptors } }

    private func pass(_ call: Call) throws(SystemCallFailure) {
        guard only.contains(call) else { return }
        let number = state.withLock { state in
            state.count += 1
            state.made.append(call)
            return state.count
        }
        before(call, number)
        if number == failing { throw SystemCallFailure(self.number) }
    }

    private func counted(_ change: Int) { state.withLock { $0.openDescriptors += change } }
}

extension FailingFileSystem {
    public var calls: FileSystemCalls {
        let system = FileSystemCalls.system
        var calls = system
        calls.open = { (path, flags, mode) throws(SystemCallFailure) in
            try self.pass(.open)
            let descriptor = try system.open(path, flags, mode)
            self.counted(1)
            return descriptor
        }
        calls.close = { (descriptor) throws(SystemCallFailure) in
            self.counted(-1)
            try system.close(descriptor)
        }
        calls.read = { (descriptor, room, range, offset) throws(SystemCallFailure) in
            try self.pass(.read)
            let part =
                range.lowerBound..<min(range.upperBound, range.lowerBound + min(range.count, self.maximumTransfer))
            return try system.read(descriptor, &room, part, offset)
        }
        calls.write = { (descriptor, bytes) throws(SystemCallFailure) in
            try self.pass(.write)
            return try system.write(descriptor, bytes.extracting(first: min(bytes.byteCount, self.maximumTransfer)))
        }
        calls.synchronize = wrap(.synchronize, system.synchronize)
        calls.changeMode = wrap(.changeMode, system.changeMode)
        calls.rename = wrap(.rename, system.rename)
        calls.renameWithoutReplacing = wrap(.renameWithoutReplacing, system.renameWithoutReplacing)
        calls.makeDirectory = wrap(.makeDirectory, system.makeDirectory)
        calls.unlink = wrap(.unlink, system.unlink)
        calls.removeDirectory = wrap(.removeDirectory, system.removeDirectory)
        calls.makeSymbolicLink = wrap(.makeSymbolicLink, system.makeSymbolicLink)
        calls.readSymbolicLink = wrap(.readSymbolicLink, system.readSymbolicLink)
        calls.statusFollowingLinks = wrap(.statusFollowingLinks, system.statusFollowingLinks)
        calls.statusOfLink = wrap(.statusOfLink, system.statusOfLink)
        calls.statusOfDescriptor = wrap(.statusOfDescriptor, system.statusOfDescriptor)
        calls.list = wrap(.list, system.list)
        calls.resolve = wrap(.resolve, system.resolve)
        calls.availableBytes = wrap(.availableBytes, system.availableBytes)
        calls.fileSystemMagic = wrap(.fileSystemMagic, system.fileSystemMagic)
        calls.lock = wrap(.lock, system.lock)
        calls.dropFromPageCache = { (descriptor, offset, length) throws(SystemCallFailure) in
            try self.pass(.dropFromPageCache)
            try system.dropFromPageCache(descriptor, offset, length)
        }
        return calls
    }

    private func wrap<Argument, Result>(
        _ call: Call, _ original: @escaping FileSystemCalls.Call<Argument, Result>
    ) -> FileSystemCalls.Call<Argument, Result> {
        { (argument) throws(SystemCallFailure) in
            try self.pass(call)
            return try original(argument)
        }
    }

    private func wrap<First, Second, Result>(
        _ call: Call, _ original: @escaping FileSystemCalls.Call2<First, Second, Result>
    ) -> FileSystemCalls.Call2<First, Second, Result> {
        { (first, second) throws(SystemCallFailure) in
            try self.pass(call)
            return try original(first, second)
        }
    }
}
