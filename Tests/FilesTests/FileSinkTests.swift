import Files
import Glibc
import Synchronization
import TestSupport
import Testing

/// How bytes get from a writer to the disk: whole buffers past the page cache, the rest through it.
final class FileSinkTests: Sendable {
    /// Two buffers of 4 MiB, and what fills no buffer.
    static let content = (0..<(9 << 20) + 5).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

    private enum Call: Equatable {
        case direct(Bool)
        /// How many bytes went, and whether they began at a page.
        case write(Int, Bool)
    }

    private let made = Mutex<[Call]>([])
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory(inMemory: true) }

    private func publish(_ calls: FileSystemCalls) throws -> PublishedFile {
        try AtomicPublisher(calls: calls).publishDirectory(at: folder.path("p")) { builder in
            try builder.addFile(named: "f") { writer in
                // In pieces that fit no buffer.
                for start in stride(from: 0, to: Self.content.count, by: 3_000_001) {
                    try writer.write(Array(Self.content[start..<min(start + 3_000_001, Self.content.count)]))
                }
            }
        }
    }

    private func noting(failing: @escaping @Sendable (Call) -> Int32?) -> FileSystemCalls {
        let system = FileSystemCalls.system
        var calls = system
        calls.bypassPageCache = { [self] (_, isWanted) throws(SystemCallFailure) in
            made.withLock { $0.append(.direct(isWanted)) }
            if let number = failing(.direct(isWanted)) { throw SystemCallFailure(number) }
        }
        calls.write = { [self] (descriptor, bytes) throws(SystemCallFailure) in
            let start = bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
            let call = Call.write(bytes.byteCount, start % 4096 == 0)
            made.withLock { $0.append(call) }
            if let number = failing(call) { throw SystemCallFailure(number) }
            return try system.write(descriptor, bytes)
        }
        return calls
    }

    @Test func wholeBuffersGoPastThePageCacheAndTheRestThroughIt() throws {
        let file = try publish(noting { _ in nil })
        #expect(try folder.bytes(of: "p/f") == Self.content)
        #expect(file.sha256 == .of(Self.content))
        #expect(
            made.withLock(\.self) == [
                .direct(true), .write(4 << 20, true), .write(4 << 20, true), .direct(false), .write(1 << 20, true),
                .write(5, true),
            ])
    }

    @Test func whereTheFileSystemCannotEverythingGoesThroughTheCacheInSmallPieces() throws {
        _ = try publish(noting { $0 == .direct(true) ? EINVAL : nil })
        #expect(try folder.bytes(of: "p/f") == Self.content)
        let calls = made.withLock(\.self)
        #expect(calls.first == .direct(true))
        #expect(calls.dropFirst() == (Array(repeating: .write(1 << 20, true), count: 9) + [.write(5, true)])[...])
    }

    @Test func whereItFindsOutOnlyAtTheFirstWriteNothingIsLost() throws {
        _ = try publish(noting { $0 == .write(4 << 20, true) ? EINVAL : nil })
        #expect(try folder.bytes(of: "p/f") == Self.content)
        #expect(
            made.withLock { $0.prefix(4) } == [
                .direct(true), .write(4 << 20, true), .direct(false), .write(1 << 20, true),
            ])
    }

    /// A short write past the cache ends between two pages: the rest of the file goes through the cache.
    @Test(arguments: [1, 100_000, 1 << 20]) func aShortWriteIsContinued(bytesAtATime: Int) throws {
        guard bytesAtATime > 1 else {
            let files = FailingFileSystem(maximumTransfer: 1)
            try AtomicPublisher(calls: files.calls).publishFile(at: folder.path("f"), contents: [1, 2, 3])
            #expect(try folder.bytes(of: "f") == [1, 2, 3])
            return
        }
        _ = try publish(FailingFileSystem(maximumTransfer: bytesAtATime).calls)
        #expect(try folder.bytes(of: "p/f") == Self.content)
    }

    @Test func anyOtherFailurePastTheCacheIsThrown() throws {
        let calls = noting { $0 == .write(4 << 20, true) ? EIO : nil }
        #expect(throws: FileError.self) { try publish(calls) }
        #expect(try folder.names() == [])
    }

    /// On the disk that the tests run on, whatever it can.
    @Test func theSystemsOwnCallsWriteTheSameBytes() throws {
        let folder = try TemporaryDirectory()
        try AtomicPublisher().publishDirectory(at: folder.path("p")) { builder in
            try builder.addFile(named: "f", contents: Self.content)
        }
        #expect(try folder.bytes(of: "p/f") == Self.content)
    }
}
