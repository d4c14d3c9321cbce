import Foundation
import GRDB

/// The lock that makes a store have one owner: a second daemon would delete the first one's unfinished rows.
///
/// A file beside the store, itself SQLite, in which a transaction is kept open: the kernel releases its lock when
/// the process ends, however it ends, and readers can still see whose it is. The store itself stays open to readers.
final class StoreOwnership: Sendable {
    private let queue: DatabaseQueue

    init(storePath: String, busyTimeout: Double) throws(StoreError) {
        var configuration = Configuration()
        configuration.busyMode = .timeout(busyTimeout)
        configuration.allowsUnsafeTransactions = true  // The transaction outlives the call that began it.
        configuration.label = "store.lock"
        do {
            queue = try DatabaseQueue(path: storePath + ".lock", configuration: configuration)
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "BEGIN IMMEDIATE")
                try database.execute(sql: "CREATE TABLE IF NOT EXISTS owner (process_id INTEGER NOT NULL) STRICT")
                try database.execute(sql: "DELETE FROM owner")
                try database.execute(
                    sql: "INSERT INTO owner VALUES (?)", arguments: [ProcessInfo.processInfo.processIdentifier])
                try database.execute(sql: "COMMIT")
                try database.execute(sql: "BEGIN IMMEDIATE")
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            throw .inUse(path: storePath, processID: Self.owner(storePath: storePath))
        } catch {
            throw StoreError(error, operation: "lock the store", path: storePath + ".lock")
        }
    }

    func release() throws {
        try queue.writeWithoutTransaction { database in try database.execute(sql: "ROLLBACK") }
        try queue.close()
    }

    /// Whoever wrote its number last; nil where it cannot be read, as the message does without it.
    private static func owner(storePath: String) -> Int? {
        var configuration = Configuration()
        configuration.readonly = true
        let reader = try? DatabaseQueue(path: storePath + ".lock", configuration: configuration)
        return try? reader?.read { try Int.fetchOne($0, sql: "SELECT process_id FROM owner") }
    }
}
