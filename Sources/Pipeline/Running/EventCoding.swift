import Foundation
import StatusAPI
import TrajectoryStore

/// Events as the store keeps them and as the socket tells them. Only the body is stored; the number is the row's.
enum EventCoding {
    static func newEvent(_ body: RunEvent.Body, _ clock: WallClock) throws -> NewEvent {
        let now = clock.now
        let event = RunEvent(id: 0, at: now, body: body)
        let payload = try JSONCoding.encode(event)
        return NewEvent(
            kind: event.kind.rawValue, payload: String(decoding: payload, as: UTF8.self),
            time: WallClock.timestamp(of: now))
    }

    static func event(_ record: EventRecord) throws -> RunEvent {
        var event = try JSONCoding.decode(RunEvent.self, from: Data(record.event.payload.utf8))
        event.id = Int(record.id)
        return event
    }
}
