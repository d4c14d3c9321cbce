import FoundationEssentials
import Vocabulary

/// A document that is mostly one long list, and writes itself.
///
/// The bytes are those of the usual encoder (RFC 8259; keys in snake_case and sorted), which needs a container, a converted
/// name and an existential for each field: twenty times as long, which a run of a thousand checkpoints feels.
protocol RowDocument: Encodable {
    func write(to text: inout JSONRows) throws
}

/// JSON as it is appended, in one line. Whoever calls writes the fields of an object in the order of their names.
struct JSONRows {
    private(set) var bytes: [UInt8] = []
    private var isFirst = true

    private static let escaping: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return encoder
    }()

    mutating func object(_ fields: (inout JSONRows) throws -> Void) rethrows {
        try enclosed(UInt8(ascii: "{"), UInt8(ascii: "}"), fields)
    }

    mutating func list<Element>(
        _ name: StaticString, of elements: [Element], _ body: (Element, inout JSONRows) throws -> Void
    ) rethrows {
        key(name)
        try enclosed(UInt8(ascii: "["), UInt8(ascii: "]")) { text in
            for element in elements {
                text.separate()
                try body(element, &text)
            }
        }
    }

    /// `null` where it is nil or not finite, as `@Nullable` has it.
    mutating func field(_ name: StaticString, _ value: Double?) {
        key(name)
        guard let value, value.isFinite else { return append("null") }
        let digits = value.description
        append(digits.hasSuffix(".0") ? digits.dropLast(2) : digits[...])
    }

    mutating func field(_ name: StaticString, _ value: Int?) {
        key(name)
        append(value?.description ?? "null")
    }

    mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        append(value ? "true" : "false")
    }

    mutating func field(_ name: StaticString, _ value: String?) throws {
        key(name)
        guard let value else { return append("null") }
        guard value.utf8.allSatisfy(Self.isPlain) else {
            return bytes.append(contentsOf: try Self.escaping.encode(value))
        }
        append("\"")
        append(value)
        append("\"")
    }

    /// Printable ASCII that stands for itself in a JSON text.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private mutating func key(_ name: StaticString) {
        separate()
        append("\"")
        append(name.description)
        append("\":")
    }

    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
    }

    private mutating func enclosed(
        _ open: UInt8, _ close: UInt8, _ body: (inout JSONRows) throws -> Void
    ) rethrows {
        bytes.append(open)
        isFirst = true
        try body(&self)
        bytes.append(close)
        isFirst = false
    }

    private mutating func append(_ text: some StringProtocol) { bytes.append(contentsOf: text.utf8) }
}

extension RunHistory: RowDocument {
    func write(to text: inout JSONRows) throws {
        try text.object { text in
            text.field("threshold", threshold)
            try text.list("verdicts", of: verdicts) { try $0.write(to: &$1) }
        }
    }
}

extension BacktestList: RowDocument {
    func write(to text: inout JSONRows) throws {
        try text.object { text in try text.list("backtests", of: backtests) { try $0.write(to: &$1) } }
    }
}

extension VerdictDocument {
    fileprivate func write(to text: inout JSONRows) throws {
        try text.object { text in
            text.field("confidence", confidence)
            text.field("direction_cosine", directionCosine)
            text.field("emitted", emitted)
            text.field("energy_share", energyShare)
            text.field("horizon", horizon)
            text.field("linearity_r2", linearityR2)
            try text.field("model", model?.text)
            text.field("proven_horizon", provenHorizon)
            text.field("ready", ready)
            text.field("realised", realised)
            try text.field("reason", reason)
            text.field("relative_update_norm", relativeUpdateNorm)
            text.field("skill", skill)
            text.field("step", step.value)
            text.field("target_step", targetStep?.value)
        }
    }
}

extension BacktestDocument {
    fileprivate func write(to text: inout JSONRows) throws {
        try text.object { text in
            try text.field("model", model.text)
            text.field("origin_step", originStep.value)
            text.field("ratio", ratio)
            text.field("realised", realised)
            text.field("skill", skill)
            text.field("target_step", targetStep.value)
        }
    }
}
