import GRDB

/// What happened, for listeners that come back with the number they saw last.
extension TrajectoryDatabase {
    /// How many events are kept; older ones are deleted.
    public static let eventCapacity = 10_000

    /// - Returns: the event's number.
    @discardableResult
    public func append(_ event: NewEvent) throws(StoreError) -> Int64 {
        try writing("store an event") { database in
            try Self.append([event], in: database)
            return try Int64.fetchOne(database, sql: "SELECT max(id) FROM event") ?? 0
        }
    }

    /// Events with a number above `id`, oldest first.
    ///
    /// - Parameter limit: at most so many, at least 0.
    public func events(after id: Int64, limit: Int) throws(StoreError) -> [EventRecord] {
        try reading("load events") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM event WHERE id > ? ORDER BY id LIMIT ?", arguments: [id, limit]
            ).map { row in
                let event = NewEvent(
                    kind: try row.value("kind"), payload: try row.value("payload"), time: try row.value("time"))
                return EventRecord(id: try row.value("id"), event: event)
            }
        }
    }

    /// The numbers that are kept; nil when there is no event. A listener below it has missed some.
    public func eventRange() throws(StoreError) -> ClosedRange<Int64>? {
        try reading("load events") { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT min(id) AS low, max(id) AS high FROM event"),
                let low: Int64 = try row.optional("low"), let high: Int64 = try row.optional("high")
            else { return nil }
            return low...high
        }
    }

    static func append(_ events: [NewEvent], in database: Database) throws {
        guard !events.isEmpty else { return }
        for event in events {
            try database.execute(
                sql: "INSERT INTO event (time, kind, payload) VALUES (?, ?, ?)",
                arguments: [event.time, event.kind, event.payload])
        }
        try database.execute(
            sql: "DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?", arguments: [eventCapacity])
    }
}

/// Short texts that outlive a restart, such as `last_error`.
extension TrajectoryDatabase {
    /// - Parameter value: nil deletes the note.
    public func setNote(_ key: String, to value: String?) throws(StoreError) {
        try writing("store note \(key)") { database in
            guard let value else {
                try database.execute(sql: "DELETE FROM note WHERE key = ?", arguments: [key])
                return
            }
            try database.execute(
                sql:
                    "INSERT INTO note (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                arguments: [key, value])
        }
    }

    public func note(_ key: String) throws(StoreError) -> String? {
        try reading("read note \(key)") { database in
            try String.fetchOne(database, sql: "SELECT value FROM note WHERE key = ?", arguments: [key])
        }
    }
}
