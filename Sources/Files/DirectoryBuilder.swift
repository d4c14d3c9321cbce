import Synchronization

/// A folder that is being filled before it is published. Not for use from several threads.
public final class DirectoryBuilder {
    /// Bytes read at a time when a file is copied.
    private static let copyChunk = 4 << 20

    /// The temporary folder; it has another name once it is published.
    public let path: String
    /// What was written so far, in that order.
    public private(set) var files: [PublishedFile] = []
    private let flushInterval: Int64
    private let calls: FileSystemCalls

    init(path: String, flushInterval: Int64, calls: FileSystemCalls) {
        self.path = path
        self.flushInterval = flushInterval
        self.calls = calls
    }

    /// Makes a file, lets `fill` write it, and flushes it to the disk.
    @discardableResult
    public func addFile(named name: String, fill: (FileWriter) throws -> Void) throws -> PublishedFile {
        let file = try Self.made(named: name, in: path, flushInterval, calls, fill)
        files.append(file)
        return file
    }

    /// Makes several files, at most `atOnce` (1...) at a time: hashing a file keeps one processor busy, filling and writing it
    /// another. They are listed in the order of their names here, whatever the number.
    ///
    /// - Parameter fill: gets the place of the file among the names; called on several threads.
    /// - Throws: the error of the first file, in that order, that failed. Files not yet begun are then left out.
    public func addFiles(
        named names: [String], atOnce: Int, fill: @escaping @Sendable (Int, FileWriter) throws -> Void
    ) throws {
        precondition(atOnce >= 1, "At least one file is written at a time; got \(atOnce).")
        guard atOnce > 1, names.count > 1 else {
            for (index, name) in names.enumerated() { try addFile(named: name) { try fill(index, $0) } }
            return
        }
        let work = FileWork(count: names.count) { [path, flushInterval, calls] index in
            try Self.made(named: names[index], in: path, flushInterval, calls) { try fill(index, $0) }
        }
        let workers = (0..<min(atOnce, names.count)).map { SerialWorker(name: "file \($0)", room: 1) }
        for worker in workers { worker.give { work.doAll() } }
        for worker in workers { worker.finish() }
        files += try work.files()
    }

    private static func made(
        named name: String, in path: String, _ flushInterval: Int64, _ calls: FileSystemCalls,
        _ fill: (FileWriter) throws -> Void
    ) throws -> PublishedFile {
        guard FileTree.isPlainName(name) else { throw FileError.unsafeName(name, folder: path) }
        let writer = try FileWriter(creating: FileTree.join(path, name), flushInterval: flushInterval, calls: calls)
        try fill(writer)
        return try writer.finish()
    }

    @discardableResult
    public func addFile(named name: String, contents: [UInt8]) throws -> PublishedFile {
        try addFile(named: name) { try $0.write(contents) }
    }

    /// Copies a regular file (a link to one is followed, as in the Hub's cache) byte for byte, in bounded memory.
    @discardableResult
    public func copyFile(from source: String, named name: String) throws -> PublishedFile {
        let reader = try FileReader(path: source, calls: calls)
        return try addFile(named: name) { writer in
            var offset: Int64 = 0
            while offset < reader.identity.size {
                let count = min(Int64(Self.copyChunk), reader.identity.size - offset)
                try writer.write(try reader.read(count: Int(count), at: offset))
                offset += count
            }
        }
    }
}

/// Files that several threads make: which are taken, and what came of each.
private final class FileWork: Sendable {
    private struct State {
        var next = 0
        var results: [Result<PublishedFile, any Error>?]
    }

    private let state: Mutex<State>
    private let make: @Sendable (Int) throws -> PublishedFile

    init(count: Int, make: @escaping @Sendable (Int) throws -> PublishedFile) {
        state = Mutex(State(results: Array(repeating: nil, count: count)))
        self.make = make
    }

    /// Makes file after file, until none is left or one has failed.
    func doAll() {
        while let index = take() {
            let result = Result { try make(index) }
            state.withLock { state in
                if case .failure = result { state.next = state.results.count }
                state.results[index] = result
            }
        }
    }

    private func take() -> Int? {
        state.withLock { state in
            guard state.next < state.results.count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    /// To be asked for when everybody has returned from `doAll`.
    func files() throws -> [PublishedFile] {
        let results = state.withLock(\.results)
        for case .failure(let error)? in results { throw error }
        return try results.compactMap { try $0?.get() }
    }
}
