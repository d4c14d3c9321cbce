import Checkpoints
import Files

/// A file to which somebody appends one JSON object a line, such as `{"step": 120, "eval_accuracy": 0.41}`.
///
/// Read from where the last look ended, whole lines only. A file that has become shorter or begins otherwise was replaced
/// and is read from its beginning. Lines that are no JSON object with a step are passed over and counted: a log is no reason to stop.
public struct MetricsFile: Sendable {
    /// Bytes; a longer line is passed over.
    public static let longestLine = 1 << 20
    private static let pieceSize = 1 << 20
    private static let headSize: Int64 = 1024

    public let path: String
    /// Lines that could not be used, since the beginning.
    public private(set) var skippedLines = 0
    /// The next byte to read: the beginning of a line that was not whole yet.
    private var offset: Int64 = 0
    /// The first bytes that were read: numbers of files are given out again, so that they tell nothing.
    private var head: [UInt8] = []
    private var isInLongLine = false
    private var reader = LogRowReader()

    public init(path: String) { self.path = path }

    /// - Returns: the rows that were added since the last look, in the order of the file.
    /// - Throws: `FileError`, `isVanished` where the file is not there (yet).
    public mutating func readNew(calls: FileSystemCalls = .system) throws(FileError) -> [LogRow] {
        let file = try FileReader(path: path, calls: calls)
        if try isReplaced(file) { startOver() }
        var rows: [LogRow] = []
        while offset < file.identity.size {
            let count = Int(min(Int64(Self.pieceSize), file.identity.size - offset))
            let piece = try file.read(count: count, at: offset)
            let used = take(piece, &rows)
            offset += Int64(used)
            // Less than a piece and no end of a line in it: the rest is still being written.
            if used == 0 { break }
        }
        if head.count < Self.headSize { head = try file.read(count: Int(min(offset, Self.headSize)), at: 0) }
        return rows
    }

    /// Forgets what was read, so that the next look begins at the beginning.
    public mutating func startOver() { self = MetricsFile(path: path) }

    private func isReplaced(_ file: FileReader) throws(FileError) -> Bool {
        guard file.identity.size >= offset else { return true }
        return try file.read(count: head.count, at: 0) != head
    }

    /// - Returns: how many bytes are done with.
    private mutating func take(_ piece: [UInt8], _ rows: inout [LogRow]) -> Int {
        var begin = 0
        while let end = piece[begin...].firstIndex(of: UInt8(ascii: "\n")) {
            if isInLongLine {
                isInLongLine = false
                skippedLines += 1
            } else {
                take(line: Array(piece[begin..<end]), &rows)
            }
            begin = end + 1
        }
        guard piece.count - begin >= Self.longestLine || (isInLongLine && begin < piece.count) else { return begin }
        isInLongLine = true
        return piece.count
    }

    private mutating func take(line: [UInt8], _ rows: inout [LogRow]) {
        guard line.contains(where: { $0 > UInt8(ascii: " ") }) else { return }
        do {
            var scanner = try JSONScanner(line, dialect: .python)
            let row = try reader.row(&scanner, in: line)
            try scanner.end()
            if let row { rows.append(row) } else { skippedLines += 1 }
        } catch {
            skippedLines += 1
        }
    }
}
