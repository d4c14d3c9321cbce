/// One record of an event file, the message `Event` of TensorFlow's `core/util/event.proto`, as far as we use it.
public struct SummaryEvent: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// The first record of every file, such as `brain.Event:2`.
        case fileVersion(String)
        /// What was logged at the step. Images, histograms and the like are left out when read.
        case values([SummaryValue])
        /// `SessionLog` with START: the writer began again here, and what earlier files say of this step and of
        /// later ones no longer counts.
        case sessionStart
        /// A graph or anything else. Cannot be written.
        case other
    }

    /// Seconds since 1970-01-01 UTC.
    public var wallTime: Double
    /// Any number that the writer chose; negative ones occur in damaged files only.
    public var step: Int64
    public var content: Content

    public init(wallTime: Double, step: Int64 = 0, content: Content) {
        self.wallTime = wallTime
        self.step = step
        self.content = content
    }

    /// What a file has to begin with.
    public static func fileVersion(wallTime: Double) -> SummaryEvent {
        SummaryEvent(wallTime: wallTime, content: .fileVersion("brain.Event:2"))
    }
}

/// One value of a summary: a number or a text under a tag.
public struct SummaryValue: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// Written as `simple_value`, float32; read from there and from tensors of one number.
        case scalar(Double)
        /// Written and read as a tensor of strings, which TensorBoard shows as Markdown. Bytes that are no UTF-8 are
        /// replaced when read.
        case text([String])
    }

    public var tag: String
    public var content: Content
    /// The label and the explanation (Markdown) that TensorBoard shows; it reads them from the first value of a tag.
    public var displayName: String
    public var explanation: String

    public init(tag: String, _ content: Content, displayName: String = "", explanation: String = "") {
        self.tag = tag
        self.content = content
        self.displayName = displayName
        self.explanation = explanation
    }
}
