import Foundation

/// What a process writes to one of its outputs, collected by a thread as it comes.
final class CapturedOutput: @unchecked Sendable {  // Everything below is read and written under `condition`.
    private let condition = NSCondition()
    private var bytes = Data()
    private var hasEnded = false
    let pipe = Pipe()

    init() {
        let reading = pipe.fileHandleForReading
        Thread.detachNewThread { [self] in
            while true {
                let piece = reading.availableData
                condition.withLock {
                    if piece.isEmpty { hasEnded = true } else { bytes.append(piece) }
                    condition.broadcast()
                }
                if piece.isEmpty { return }
            }
        }
    }

    var text: String { condition.withLock { String(decoding: bytes, as: UTF8.self) } }

    /// Waits until `words` have been written, or the output has ended.
    ///
    /// - Returns: whether they were.
    func contains(_ words: String, before deadline: Date) -> Bool {
        condition.withLock {
            while true {
                if String(decoding: bytes, as: UTF8.self).contains(words) { return true }
                if hasEnded || !condition.wait(until: deadline) { return false }
            }
        }
    }

    /// Waits until every process that holds the other end has closed it, and returns all that was written.
    func wholeText(before deadline: Date) -> String {
        condition.withLock {
            while !hasEnded { guard condition.wait(until: deadline) else { break } }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
