import Checkpoints
import Files

/// Why the judgement of a candidate ends early.
enum Obstacle: Error {
    /// It is known what the candidate is.
    case verdict(CheckpointCompleteness)
    /// The system failed; nothing is known.
    case failure(LayoutError)
    /// This user may not look.
    case forbidden(FileError)

    /// What goes away while it is looked at has gone; what may not be read is said to be so.
    init(_ error: FileError) {
        if error.isVanished, !error.isStale {
            self = .verdict(.gone(reason: "it was removed while it was looked at (\(error.path))"))
        } else if error.isPermission {
            self = .forbidden(error)
        } else {
            self = .failure(.file(error))
        }
    }
}

/// What layouts ask of a candidate's folder, each answer read anew.
struct CandidateFolder {
    /// A prediction of this program has it.
    static let manifestName = "alpharl.json"

    let candidate: CheckpointCandidate
    let calls: FileSystemCalls

    /// Runs a layout's judgement of a candidate that is not ours.
    static func judge(
        _ candidate: CheckpointCandidate, _ calls: FileSystemCalls,
        _ body: (CandidateFolder) throws(Obstacle) -> CheckpointCompleteness
    ) throws(LayoutError) -> CheckpointCompleteness {
        let folder = CandidateFolder(candidate: candidate, calls: calls)
        do {
            if try folder.isOurs() { return .ours }
            let completeness = try body(folder)
            // What is missing may be so because all of it is.
            return try folder.exists(candidate.root) ? completeness : .gone(reason: "its folder was removed")
        } catch {
            switch error {
            case .verdict(let completeness): return completeness
            case .failure(let failure): throw failure
            case .forbidden(let error): return .notReadable(reason: error.description)
            }
        }
    }

    private func isOurs() throws(Obstacle) -> Bool {
        if try exists(Self.manifestName, in: candidate.root) { return true }
        guard candidate.directory != candidate.root else { return false }
        return try exists(Self.manifestName, in: candidate.directory)
    }

    /// Whether something of that name is there, whatever it is.
    func exists(_ name: String, in folder: String) throws(Obstacle) -> Bool {
        try exists(FileTree.join(folder, name))
    }

    private func exists(_ path: String) throws(Obstacle) -> Bool {
        do { return try FileTree(calls: calls).status(of: path) != nil } catch { throw Obstacle(error) }
    }

    /// A small file in full; nil where it is not there.
    ///
    /// - Parameter limit: bytes; a longer file gives no content.
    func read(
        _ name: String, in folder: String, limit: Int
    ) throws(Obstacle) -> (content: [UInt8]?, identity: FileIdentity)? {
        let reader: FileReader
        do { reader = try FileReader(path: FileTree.join(folder, name), calls: calls) } catch {
            if error.isVanished { return nil }
            throw Obstacle(error)
        }
        guard reader.identity.size <= Int64(limit) else { return (nil, reader.identity) }
        do { return (try reader.read(count: Int(reader.identity.size), at: 0), reader.identity) } catch {
            // Cut short since it was opened: its writer truncates it before it writes.
            if case .truncated = error { return ([], reader.identity) }
            throw Obstacle(error)
        }
    }

    /// What a trainer wrote about its run, in full; nil where it is not there (any more).
    ///
    /// - Throws: `LayoutError.unreadableLog` for one that is too large, `.file` for one that cannot or may not be read.
    func log(_ name: String, in folder: String, limit: Int) throws(LayoutError) -> [UInt8]? {
        let path = FileTree.join(folder, name)
        do {
            guard let found = try read(name, in: folder, limit: limit) else { return nil }
            guard let content = found.content else {
                throw LayoutError.unreadableLog(
                    file: path, reason: "it has \(found.identity.size) bytes (expected at most \(limit))")
            }
            return content
        } catch let error as LayoutError { throw error } catch let obstacle as Obstacle {
            switch obstacle {
            case .failure(let failure): throw failure
            case .forbidden(let error): throw .file(error)
            case .verdict: return nil
            }
        } catch { preconditionFailure("Reading a log fails with one of two errors; got \(error).") }
    }

    /// The names in a folder, none where it is not there.
    func names(in folder: String) throws(Obstacle) -> [String] {
        do { return try FileTree(calls: calls).names(in: folder) } catch {
            if error.isVanished { return [] }
            throw Obstacle(error)
        }
    }

    /// The weight files, once all of them are there and each is as long as its header says.
    ///
    /// - Parameters:
    ///   - saveHasEnded: whether a marker says so. What looks half-written then is damage.
    ///   - endedAt: when that marker was written, nanoseconds since 1970. A file that is too short and not newer will not
    ///     grow any more; a newer one is being written again.
    func weights(saveHasEnded: Bool, endedAt: Int64? = nil) throws(Obstacle) -> CheckpointStamp {
        do {
            return CheckpointStamp(files: try StoredCheckpoint.files(of: candidate.directory, calls: calls))
        } catch {
            if case .file(let file) = error { throw Obstacle(file) }
            if case .noWeights = error {
                let form = OtherWeightForms.words(for: try names(in: candidate.directory))
                throw .verdict(
                    saveHasEnded || form.isFinal ? .unusable(reason: form.words) : .incomplete(reason: form.words))
            }
            if let endedAt, try wasCutShort(error, before: endedAt) { throw .verdict(.unusable(reason: "\(error)")) }
            if saveHasEnded, case .pieces = error { throw .verdict(.unusable(reason: "\(error)")) }
            let isHalfWritten = error.severity == .unsettled || (!saveHasEnded && Self.mayBeHalfWritten(error))
            throw .verdict(isHalfWritten ? .incomplete(reason: "\(error)") : .unusable(reason: "\(error)"))
        }
    }

    private func wasCutShort(_ error: CheckpointError, before ending: Int64) throws(Obstacle) -> Bool {
        let file: String
        switch error {
        case .damaged(let name, .tooShort), .damaged(let name, .headerBeyondFile), .damaged(let name, .wrongFileSize),
            .archive(let name, .noEndRecord):
            file = name
        default: return false
        }
        do {
            let status = try FileTree(calls: calls).status(of: file, followingLinks: true)
            return status.map { $0.identity.modificationTimeNanoseconds <= ending } ?? false
        } catch { throw Obstacle(error) }
    }

    /// What a writer's unfinished file can look like besides being short: preallocated zeros, half an index.
    private static func mayBeHalfWritten(_ error: CheckpointError) -> Bool {
        switch error {
        case .damaged(_, .emptyHeader), .damaged(_, .notJSON), .badIndex(_, .notJSON), .badIndex(_, .noWeightMap): true
        case .badAdapter(_, let problem): problem.mayBeHalfWritten
        default: false
        }
    }
}
