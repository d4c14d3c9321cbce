import GRDB

/// The store of one run: everything that alpharl knows of it, in one SQLite file (docs/store.md).
///
/// Every method is one transaction: it happens whole or not at all, also when the process is killed or the power
/// fails. Methods block while they work and may be called from any thread; one write runs at a time, and reads do
/// not wait for writes. Times are RFC 3339 UTC text that the caller passes in.
public struct TrajectoryDatabase: Sendable {
    /// The file, or `:memory:`.
    public let path: String

    /// The damaged store whose place this one took when it was opened; nil otherwise.
    public internal(set) var replaced: ReplacedStore?

    let writer: any DatabaseWriter

    /// Holds the lock that keeps other processes from writing; nil in memory and for readers.
    private let ownership: StoreOwnership?

    init(path: String, writer: any DatabaseWriter, ownership: StoreOwnership?) {
        self.path = path
        self.writer = writer
        self.ownership = ownership
    }

    /// Of the library in use, such as `3.40.1`.
    public static var sqliteVersion: String {
        (try? DatabaseQueue().read { try String.fetchOne($0, sql: "SELECT sqlite_version()") }) ?? "unknown"
    }

    /// The newest schema that this program writes.
    public static var schemaVersion: Int { SchemaVersions.newest }

    /// Closes the connections and moves the write-ahead log into the file. The value cannot be used afterwards.
    public func close() throws(StoreError) {
        do {
            // Connections for reading must go first: only the last one to close may tidy up the log, and must write.
            (writer as? DatabasePool)?.invalidateReadOnlyConnections()
            try writer.close()
            try ownership?.release()
        } catch {
            throw StoreError(error, operation: "close the store", path: path)
        }
    }

    /// Moves what the write-ahead log holds into the file, as far as no reader needs it where it is. Nothing is gained or lost by
    /// it but the size of the log: rows count from their commit on. Cost: the log is read, written and flushed.
    public func moveLogIntoFile() throws(StoreError) {
        do {
            _ = try writer.writeWithoutTransaction { try $0.checkpoint(.passive) }
        } catch {
            throw StoreError(error, operation: "move the log into the store", path: path)
        }
    }

    /// Runs `body` on a consistent state of the store.
    ///
    /// - Parameter operation: in words that follow "cannot".
    func reading<Result>(
        _ operation: String, _ body: (Database) throws -> Result
    ) throws(StoreError) -> Result {
        do {
            return try writer.read(body)
        } catch {
            throw StoreError(error, operation: operation, path: path)
        }
    }

    /// Runs `body` in a transaction that is on disk when this returns, and is undone when `body` throws.
    @discardableResult
    func writing<Result>(
        _ operation: String, _ body: (Database) throws -> Result
    ) throws(StoreError) -> Result {
        do {
            return try writer.write(body)
        } catch {
            throw StoreError(error, operation: operation, path: path)
        }
    }

    /// Like `writing`, but returns before the disk has confirmed: for rows that are worthless until a later
    /// transaction, whose own flush covers them, makes them count.
    @discardableResult
    func staging<Result>(
        _ operation: String, _ body: (Database) throws -> Result
    ) throws(StoreError) -> Result {
        do {
            return try writer.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
                let outcome = Swift.Result { try Self.transaction(on: database, body) }
                try database.execute(sql: "PRAGMA synchronous = FULL")
                return try outcome.get()
            }
        } catch {
            throw StoreError(error, operation: operation, path: path)
        }
    }

    private static func transaction<Result>(
        on database: Database, _ body: (Database) throws -> Result
    ) throws -> Result {
        var result: Result?
        try database.inTransaction(.immediate) {
            result = try body(database)
            return .commit
        }
        guard let result else { preconditionFailure("A committed transaction has run its body.") }
        return result
    }
}
