import TensorBoardEvents

/// What the event files of a folder say when they are read one after the other, and what has to be written so that they
/// say what the store says. Pure: bytes in, records out.
struct TensorBoardCourse: Hashable, Sendable {
    private(set) var entries: Set<TensorBoardEntry> = []

    init() {}

    /// - Parameter files: contents, oldest first. What lies behind a damaged record of a file, or after its end in the
    ///   middle of a record, is not there for TensorBoard either.
    init(reading files: [[UInt8]]) {
        for bytes in files {
            var cursor = RecordCursor(bytes)
            while case .payload(let payload)? = try? cursor.next() {
                guard let event = try? SummaryEvent(payload: payload) else { break }
                take(event)
            }
        }
    }

    private mutating func take(_ event: SummaryEvent) {
        switch event.content {
        case .sessionStart: entries = entries.filter { $0.step < event.step }
        case .values(let values):
            for value in values { entries.insert(TensorBoardEntry(value, of: event)) }
        case .fileVersion, .other: break
        }
    }

    /// The records that bring the files from here to `wanted`. Where something is there that is not wanted any more (a
    /// rewind, a correction), the course is taken up again from that step on, as TensorBoard knows it of restarted
    /// trainers: what earlier records say of later steps no longer counts.
    ///
    /// - Parameter now: seconds since 1970, of the records that begin again.
    func records(toBecome wanted: Set<TensorBoardEntry>, now: Double) -> [SummaryEvent] {
        var kept = entries
        var records: [SummaryEvent] = []
        if let wrong = entries.subtracting(wanted).map(\.step).min() {
            kept = entries.filter { $0.step < wrong }
            records.append(SummaryEvent(wallTime: now, step: wrong, content: .sessionStart))
        }
        let missing = Dictionary(grouping: wanted.subtracting(kept)) { $0.step }
        for (step, entries) in missing.sorted(by: { $0.key < $1.key }) {
            for (time, entries) in Dictionary(grouping: entries, by: \.wallTime).sorted(by: { $0.key < $1.key }) {
                let values = entries.sorted { $0.tag < $1.tag }.map(SummaryValue.init)
                records.append(SummaryEvent(wallTime: time, step: step, content: .values(values)))
            }
        }
        return records
    }

    mutating func become(_ wanted: Set<TensorBoardEntry>) { entries = wanted }
}
