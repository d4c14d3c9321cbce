import TensorBoardEvents
import TestSupport
import Testing

/// Events as messages: round trips, and bytes that nobody should have written.
struct SummaryEventTests {
    private static let events = [
        SummaryEvent.fileVersion(wallTime: 1_700_000_000.25),
        SummaryEvent(
            wallTime: 1, step: 7,
            content: .values([
                SummaryValue(tag: "train/reward", .scalar(0.5)),
                SummaryValue(tag: "eval/ä", .scalar(-3), displayName: "Accuracy", explanation: "**of** the evaluation"),
                SummaryValue(tag: "note", .text(["one", "", "drei \u{1F600}"])),
            ])),
        SummaryEvent(wallTime: 2, step: .max, content: .sessionStart),
        SummaryEvent(wallTime: 2, step: -1, content: .values([SummaryValue(tag: "x", .scalar(.infinity))])),
    ]

    @Test(arguments: events)
    func whatIsWrittenIsRead(event: SummaryEvent) throws {
        #expect(try SummaryEvent(payload: ArraySlice(event.payload)) == event)
        var cursor = RecordCursor(event.record)
        guard case .payload(let payload) = try cursor.next() else { throw WireProblem.endsInside }
        #expect(try SummaryEvent(payload: payload) == event)
    }

    /// Bytes by hand: field numbers and wire types of TensorFlow's messages.
    @Test(
        arguments: [
            // simple_value 1.5; an unknown field 100 before it
            ([0xA0, 0x06, 0x01, 0x15, 0, 0, 0xC0, 0x3F], 1.5),
            // tensor: DT_FLOAT, float_val packed
            ([0x42, 0x08, 0x08, 1, 0x2A, 4, 0, 0, 0xC0, 0x3F], 1.5),
            // tensor: DT_FLOAT, float_val not packed
            ([0x42, 0x07, 0x08, 1, 0x2D, 0, 0, 0xC0, 0x3F], 1.5),
            // tensor: DT_FLOAT, tensor_content
            ([0x42, 0x08, 0x08, 1, 0x22, 4, 0, 0, 0xC0, 0x3F], 1.5),
            // tensor: DT_DOUBLE, double_val packed
            ([0x42, 0x0C, 0x08, 2, 0x32, 8, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F], 1.5),
            // tensor: DT_INT64, int64_val -1 as a varint of ten bytes
            ([0x42, 0x0E, 0x08, 9, 0x52, 10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], -1),
            // tensor: DT_INT8, tensor_content 0xFE
            ([0x42, 0x05, 0x08, 6, 0x22, 1, 0xFE], -2),
            // tensor: DT_HALF, half_val 0x3E00
            ([0x42, 0x06, 0x08, 19, 0x6A, 2, 0x80, 0x7C], 1.5),
            // tensor: DT_BFLOAT16, tensor_content 0x3FC0
            ([0x42, 0x06, 0x08, 14, 0x22, 2, 0xC0, 0x3F], 1.5),
        ] as [([UInt8], Double)])
    func numbersAreReadInEveryFormThatTheyHave(value: [UInt8], number: Double) throws {
        let tagged = [0x0A, 0x01, 0x61] + value
        let payload: [UInt8] = [0x2A, UInt8(tagged.count + 2), 0x0A, UInt8(tagged.count)] + tagged
        let event = try SummaryEvent(payload: ArraySlice(payload))
        #expect(event.content == .values([SummaryValue(tag: "a", .scalar(number))]))
    }

    /// Two elements, an image, a complex type, no type: no number, and no reason to stop.
    @Test(
        arguments: [
            [0x42, 0x0C, 0x08, 1, 0x2A, 8, 0, 0, 0xC0, 0x3F, 0, 0, 0, 0], [0x22, 0x02, 0x08, 0x01],
            [0x42, 0x08, 0x08, 8, 0x22, 4, 0, 0, 0, 0], [0x42, 0x00], [],
        ] as [[UInt8]])
    func whatIsNoNumberIsLeftOut(value: [UInt8]) throws {
        let payload: [UInt8] = [0x2A, UInt8(value.count + 2), 0x0A, UInt8(value.count)] + value
        #expect(try SummaryEvent(payload: ArraySlice(payload)).content == .values([]))
    }

    @Test(
        arguments: [
            ([0x2A, 0x05, 0x0A], WireProblem.endsInside), ([0x09, 0, 0], .endsInside), ([0x80], .endsInside),
            ([0x0B], .badWireType(3)), ([0x00, 0x00], .badFieldNumber),
            ([0x10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2], .varintTooLong),
            ([0x2A, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], .endsInside),
        ] as [([UInt8], WireProblem)])
    func brokenMessagesAreRefused(payload: [UInt8], problem: WireProblem) {
        #expect(throws: problem) { try SummaryEvent(payload: ArraySlice(payload)) }
    }

    @Test func anEventOfEmptyValuesDoesNotTakeMemoryForMillionsOfThem() {
        let text: [UInt8] = [0x0A, 0x07, 0x15, 0, 0, 0, 0, 0x0A, 0x00]
        let summary = Array(repeatElement(text, count: SummaryEvent.mostValues + 1).joined())
        var length: [UInt8] = []
        var rest = summary.count
        while rest > 0 {
            length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        }
        #expect(throws: WireProblem.tooManyValues) { try SummaryEvent(payload: ArraySlice([0x2A] + length + summary)) }
    }

    /// Cut, flipped and invented bytes: read as something or refused, never a trap.
    @Test func noBytesTrap() throws {
        var generator = SeededGenerator(seed: 11)
        for event in Self.events {
            let valid = event.payload
            for length in 0..<valid.count { _ = try? SummaryEvent(payload: valid[..<length]) }
            for position in 0..<valid.count * 8 {
                var damaged = valid
                damaged[position / 8] ^= 1 << UInt8(position % 8)
                _ = try? SummaryEvent(payload: ArraySlice(damaged))
            }
            for _ in 0..<2000 {
                var damaged = valid
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    damaged[Int.random(in: 0..<valid.count, using: &generator)] = .random(
                        in: 0...255, using: &generator)
                }
                if let read = try? SummaryEvent(payload: ArraySlice(damaged)), case .values(let values) = read.content {
                    #expect(values.count <= damaged.count)
                }
            }
        }
    }
}
