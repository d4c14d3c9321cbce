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
        case statusOfDescriptor, list, resolve, availableBytes, fileSystemMagic, dropFromPageCache, readAhead, lock
        case bypassPageCache
    }

    /// What happens at one call.
    public enum Fault: Hashable, Sendable {
        /// It fails with this errno.
        case error(Int32)
        /// A read or write moves one byte only; nothing happens at another call.
        case oneByte
        /// A read says that the file ends here, though it does not; nothing happens at another call.
        case nothingRead
    }

    private struct State {
        var isArmed = true
        var count = 0
        var made: [Call] = []
        var openDescriptors = 0
        var interruptions = 0
    }

    private let state = Mutex(State())
    private let failing: Int?
    private let fault: Fault
    private let only: Set<Call>
    private let maximumTransfer: Int
    private let interruptions: Int
    private let before: @Sendable (Call, Int) -> Void

    /// - Parameters:
    ///   - failing: the number of the call that something happens at, from 1 on, counting those in `only`; nil: none.
    ///   - fault: what happens there.
    ///   - maximumTransfer: bytes that one read or write moves at most.
    ///   - interruptions: so many times each call is interrupted by a signal (EINTR) before it does anything.
    ///   - before: called before each counted call with its kind and number.
    public init(
        failing: Int?, as fault: Fault, only: Set<Call> = Set(Call.allCases), maximumTransfer: Int = Int.max,
        interruptions: Int = 0, before: @escaping @Sendable (Call, Int) -> Void = { _, _ in }
    ) {
        self.failing = failing
        self.fault = fault
        self.only = only
        self.maximumTransfer = maximumTransfer
        self.interruptions = interruptions
        self.before = before
    }

    /// - Parameter number: the errno of the call that fails.
    public convenience init(
        failing: Int? = nil, with number: Int32 = 5, only: Set<Call> = Set(Call.allCases),
        maximumTransfer: Int = Int.max, interruptions: Int = 0,
        before: @escaping @Sendable (Call, Int) -> Void = { _, _ in }
    ) {
        self.init(
            failing: failing, as: .error(number), only: only, maximumTransfer: maximumTransfer,
            interruptions: interruptions, before: before)
    }

    /// Lets everything pass uncounted from here on, until `arm`: what has to be there before a test begins.
    public func disarm() { state.withLock { $0.isArmed = false } }
    /// Counts from here on.
    public func arm() { state.withLock { $0.isArmed = true } }

    /// How many calls (of `only`) were made.
    public var count: Int { state.withLock { $0.count } }
    /// Which, in order.
    public var made: [Call] { state.withLock { $0.made } }
    /// Descriptors that were opened and not closed.
    public var openDescriptors: Int { state.withLock { $0.openDescriptors } }

    /// - Returns: what happens at this call of reading or writing.
    @discardableResult
    private func pass(_ call: Call) throws(SystemCallFailure) -> Fault? {
        guard only.contains(call) else { return nil }
        let found = state.withLock { state -> (number: Int?, isInterrupted: Bool) in
            guard state.isArmed else { return (nil, false) }
            if state.interruptions < interruptions {
                state.interruptions += 1
                return (nil, true)
            }
            state.interruptions = 0
            state.count += 1
            state.made.append(call)
            return (state.count, false)
        }
        if found.isInterrupted { throw SystemCallFailure(4) }
        guard let number = found.number else { return nil }
        before(call, number)
        guard number == failing else { return nil }
        if case .error(let errno) = fault { throw SystemCallFailure(errno) }
        return fault
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
            let fault = try self.pass(.read)
            if fault == .nothingRead { return 0 }
            let most = fault == .oneByte ? 1 : self.maximumTransfer
            let part = range.lowerBound..<min(range.upperBound, range.lowerBound + min(range.count, most))
            return try system.read(descriptor, &room, part, offset)
        }
        calls.write = { (descriptor, bytes) throws(SystemCallFailure) in
            let most = try self.pass(.write) == .oneByte ? 1 : self.maximumTransfer
            return try system.write(descriptor, bytes.extracting(first: min(bytes.byteCount, most)))
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
        calls.bypassPageCache = wrap(.bypassPageCache, system.bypassPageCache)
        calls.dropFromPageCache = { (descriptor, offset, length) throws(SystemCallFailure) in
            try self.pass(.dropFromPageCache)
            try system.dropFromPageCache(descriptor, offset, length)
        }
        calls.readAhead = { (descriptor, offset, length) throws(SystemCallFailure) in
            try self.pass(.readAhead)
            try system.readAhead(descriptor, offset, length)
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
