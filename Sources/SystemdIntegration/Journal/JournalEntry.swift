import CSystemd
import LogEvents
import Logging

/// One entry of the journal: fields of names and values (systemd.journal-fields(7)).
struct JournalEntry: Hashable, Sendable {
    struct Field: Hashable, Sendable {
        let name: String
        /// May have line breaks.
        let value: String
    }

    let fields: [Field]

    /// The metadata that people query by become fields of their own names, others `ALPHARL_KEY`; the identifier of the
    /// kind of event becomes `MESSAGE_ID`.
    init(_ event: LogEvent, metadata: Logger.Metadata, label: String) {
        var fields = [
            Field(name: "MESSAGE", value: LogText.message(event, metadata: metadata)),
            Field(name: "PRIORITY", value: String(Self.priority(of: event.level))),
            Field(name: "SYSLOG_IDENTIFIER", value: "alpharl"), Field(name: "ALPHARL_LOGGER", value: label),
            Field(name: "CODE_FILE", value: event.file), Field(name: "CODE_LINE", value: String(event.line)),
            Field(name: "CODE_FUNC", value: event.function),
        ]
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            fields.append(Field(name: Self.ownNames[key] ?? "ALPHARL_" + Self.fieldName(key), value: value.description))
        }
        self.fields = fields
    }

    private static let ownNames = [
        LogKind.metadataKey: "MESSAGE_ID", "run": "RUN", "step": "STEP", "module": "MODULE", "checkpoint": "CHECKPOINT",
        "prediction": "PREDICTION",
    ]

    /// syslog(3)'s numbers.
    static func priority(of level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// Upper case letters, digits and underscores, short enough with the prefix for the 64 that journald takes.
    private static func fieldName(_ key: String) -> String {
        let allowed = key.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
        return String(allowed.prefix(56))
    }

    /// - Returns: 0, or the `errno` when journald does not take it.
    func send() -> Int32 {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for field in fields {
            bytes += Array("\(field.name)=\(field.value)".utf8)
            ends.append(bytes.count)
        }
        let result = unsafe bytes.withUnsafeMutableBytes { buffer -> Int32 in
            guard let base = buffer.baseAddress else { return 0 }
            var start = 0
            var parts: [iovec] = unsafe []
            for end in ends {
                unsafe parts.append(iovec(iov_base: base + start, iov_len: end - start))
                start = end
            }
            return unsafe sd_journal_sendv(parts, Int32(parts.count))
        }
        return -result
    }
}
