import LogEvents
import Logging

/// A log message as one line of text.
enum LogText {
    /// For the journal only: everybody who reads a line knows which run it is about.
    private static let hidden: Set = [LogKind.metadataKey, "run"]

    /// `text (key=value, other=value)`, with the error when there is one.
    static func message(_ event: LogEvent, metadata: Logger.Metadata) -> String {
        let pairs = metadata.filter { !hidden.contains($0.key) }.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }
        let error = event.error.map { ": \($0)" } ?? ""
        return "\(event.message)\(error)" + (pairs.isEmpty ? "" : " (\(pairs.joined(separator: ", ")))")
    }

    /// Line breaks and other control characters become visible escapes, so that nobody can forge a line.
    static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.map { isControl($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}"
    }
}
