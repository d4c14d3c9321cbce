public import Files
import TensorBoardEvents
import Vocabulary

/// The TensorBoard event files of a run: all in a folder and the folders below it, taken together in the order of the
/// times in their names, as a run that is started again leaves several.
///
/// Read piece by piece from where the last look ended. A record whose end is not there yet is waited for; a damaged one is
/// passed over; a damaged length ends the file for now. A text, an image or a histogram is no number and left out.
public struct EventFiles: MetricsLog {
    /// Levels of folders below the one that is given.
    static let depth = 4
    static let mostFolders = 2_000
    static let mostFiles = 1_000
    /// Bytes; a longer record holds no scalars.
    static let longestRecord = 4 << 20
    static let pieceSize = 1 << 20

    public let path: String
    /// Our own event files.
    private let excluded: String
    private var places: [String: EventFile] = [:]

    /// - Parameter excluded: a folder below `path` that is not looked into; empty: none.
    public init(path: String, excluding excluded: String = "") {
        self.path = path
        self.excluded = excluded
    }

    public var problem: String? {
        places.sorted { $0.key < $1.key }.lazy.compactMap { _, file in file.problem }.first
    }

    public mutating func startOver() { places = [:] }

    public mutating func readNew(calls: FileSystemCalls = .system) throws(FileError) -> [LogRow] {
        var rows: [LogRow] = []
        for name in try Self.files(in: path, excluding: excluded, calls) {
            var file = places[name] ?? EventFile(path: name)
            do { try file.readNew(&rows, calls: calls) } catch {
                // Somebody removed it since it was listed.
                guard error.isVanished else { throw error }
            }
            places[name] = file
        }
        return rows
    }

    /// The paths of the event files, oldest first. Names begin with `events.out.tfevents.` and the second in which the file was made.
    ///
    /// - Throws: `FileError`, `isVanished` where the folder is not there.
    public static func files(
        in folder: String, excluding excluded: String = "", _ calls: FileSystemCalls = .system
    ) throws(FileError) -> [String] {
        var found: [(time: Int, path: String)] = []
        var open = [(path: folder, depth: 0)]
        var seen = 0
        while let next = open.popLast(), seen < mostFolders {
            seen += 1
            for entry in try entries(of: next.path, isRoot: next.depth == 0, calls) {
                let path = FileTree.join(next.path, entry.name)
                switch entry.status.kind {
                case .directory where next.depth < depth && path != excluded && !isCheckpoint(entry.name):
                    open.append((path, next.depth + 1))
                case .regular where entry.name.contains("tfevents"):
                    found.append((time(in: entry.name), path))
                default: break
                }
            }
        }
        // With more than any run has, the newest.
        return found.sorted { ($0.time, $0.path) < ($1.time, $1.path) }.suffix(mostFiles).map(\.path)
    }

    private static func entries(
        of folder: String, isRoot: Bool, _ calls: FileSystemCalls
    ) throws(FileError) -> [FileTree.Entry] {
        do { return try FileTree(calls: calls).entries(of: folder) } catch {
            guard !isRoot, error.isVanished || error.isPermission else { throw error }
            return []
        }
    }

    private static func time(in name: String) -> Int {
        guard let mark = name.firstRange(of: "tfevents.") else { return 0 }
        return Int(name[mark.upperBound...].prefix { $0.isASCII && $0.isNumber }) ?? 0
    }

    /// Folders of weights, in which no trainer logs.
    private static func isCheckpoint(_ name: String) -> Bool {
        ["checkpoint-", "global_step", "step_", "epoch_"].contains(where: name.hasPrefix)
    }
}

/// One event file and how far it is read.
struct EventFile: Sendable {
    let path: String
    private(set) var problem: String?
    /// The next byte to read: the beginning of a record, or a byte within one that is passed over.
    private var offset: Int64 = 0

    init(path: String) { self.path = path }

    mutating func readNew(_ rows: inout [LogRow], calls: FileSystemCalls) throws(FileError) {
        let file = try FileReader(path: path, calls: calls)
        // A file that has become shorter is another one.
        if file.identity.size < offset { offset = 0 }
        var size = EventFiles.pieceSize
        while offset < file.identity.size {
            let left = file.identity.size - offset
            let count = Int(min(Int64(size), left))
            switch take(try file.read(count: count, at: offset), &rows) {
            case .used(let bytes) where bytes > 0:
                offset += Int64(bytes)
                size = EventFiles.pieceSize
            case .used:
                // No whole record: at the end of the file the rest is still to come, elsewhere a larger piece has one.
                guard Int64(count) < left, size == EventFiles.pieceSize else { return }
                size += EventFiles.longestRecord + EventFiles.pieceSize
            case .passOver(let bytes):
                guard bytes <= UInt64(left) else { return }
                offset += Int64(bytes)
            case .stop: return
            }
        }
    }

    private enum Progress {
        /// So many bytes of the piece are done with.
        case used(Int)
        /// A record at the beginning of the piece that is too long, with its frame.
        case passOver(UInt64)
        case stop
    }

    private mutating func take(_ piece: [UInt8], _ rows: inout [LogRow]) -> Progress {
        var cursor = RecordCursor(piece, start: offset, longest: EventFiles.longestRecord)
        while true {
            let before = cursor.used
            do {
                switch try cursor.next() {
                case .payload(let payload): take(payload, &rows)
                case .damaged(let damage): problem = "\(path): \(damage); it is left out"
                case .end: return .used(cursor.used)
                case .tooLong(let rest):
                    guard before == 0 else { return .used(before) }
                    problem = "\(path): a record of \(rest) bytes is left out"
                    let whole = rest.addingReportingOverflow(UInt64(RecordFraming.headerSize))
                    return .passOver(whole.overflow ? .max : whole.partialValue)
                }
            } catch {
                problem = "\(path): \(error); what follows cannot be read"
                return before > 0 ? .used(before) : .stop
            }
        }
    }

    private mutating func take(_ payload: ArraySlice<UInt8>, _ rows: inout [LogRow]) {
        let event: SummaryEvent
        do { event = try SummaryEvent(payload: payload) } catch {
            problem = "\(path): a record is no event (\(error)); it is left out"
            return
        }
        guard (0...Int64(StepNumber.largest)).contains(event.step) else { return }
        let step = TrainingStep(Int(event.step))
        switch event.content {
        case .sessionStart: rows.removeAll { $0.step >= step }
        case .values(let values):
            var numbers: [String: Double] = [:]
            for value in values where !value.tag.hasPrefix("alpharl/") {
                if case .scalar(let number) = value.content, number.isFinite { numbers[value.tag] = number }
            }
            if !numbers.isEmpty { rows.append(LogRow(step: step, values: numbers)) }
        case .fileVersion, .other: break
        }
    }
}
