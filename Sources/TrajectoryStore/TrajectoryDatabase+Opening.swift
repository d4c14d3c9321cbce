import Foundation
import GRDB

/// How a store is opened.
public struct StoreOptions: Sendable, Hashable {
    /// Seconds to wait for somebody else's lock before `StoreError.locked`; 5 unless told.
    public let busyTimeout: Double
    /// Up to this size in bytes the whole file is checked at open; above it, all tables but those of vectors.
    /// 256 MiB unless told: about a second.
    public let fullCheckLimit: Int64

    public init(busyTimeout: Double = 5, fullCheckLimit: Int64 = 256 << 20) {
        self.busyTimeout = busyTimeout
        self.fullCheckLimit = fullCheckLimit
    }
}

extension TrajectoryDatabase {
    /// Opens the store for writing, creating file and folder where they are missing, as its only owner.
    ///
    /// In this order: takes the owner's lock, refuses files of other programs and of newer versions, checks the
    /// integrity, brings the schema up to date, and deletes what an unfinished recording left behind.
    ///
    /// Durability: write-ahead log with `synchronous = FULL`, so that a transaction is flushed before the call
    /// returns. NORMAL would survive kill -9, but the last transactions could be lost with the power.
    ///
    /// - Throws: `.inUse`, `.locked`, `.foreignFile`, `.newerSchema`, `.damaged`, `.unwritable`, `.full`.
    public static func open(path: String, options: StoreOptions = StoreOptions()) throws(StoreError)
        -> TrajectoryDatabase
    {
        try createFolder(of: path)
        let ownership = try StoreOwnership(storePath: path, busyTimeout: options.busyTimeout)
        do {
            let pool = try DatabasePool(path: path, configuration: configuration(path: path, options: options))
            let store = TrajectoryDatabase(path: path, writer: pool, ownership: ownership)
            try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try database.execute(sql: "PRAGMA journal_size_limit = \(64 << 20)")
                // Larger than a checkpoint's rows: the log goes into the file when somebody has time, see `moveLogIntoFile`.
                try database.execute(sql: "PRAGMA wal_autocheckpoint = \(16 << 10)")
            }
            try store.checkIntegrity(fullUpTo: options.fullCheckLimit)
            try SchemaVersions.migrator.migrate(pool)
            try store.deleteUnfinishedRecordings()
            return store
        } catch {
            throw StoreError(error, operation: "open the store", path: path)
        }
    }

    /// Opens an existing store for reading only, beside its owner. Nothing is checked, migrated or cleaned.
    ///
    /// - Throws: `.missing`, `.foreignFile`, `.newerSchema`, `.olderSchema`, `.unwritable` where the folder forbids a reader's
    ///   shared memory.
    public static func openForReading(path: String, options: StoreOptions = StoreOptions()) throws(StoreError)
        -> TrajectoryDatabase
    {
        guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
        do {
            var configuration = configuration(path: path, options: options)
            configuration.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let version = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
            guard version == SchemaVersions.newest else {
                throw StoreError.olderSchema(path: path, got: version ?? 0, expected: SchemaVersions.newest)
            }
            return TrajectoryDatabase(path: path, writer: queue, ownership: nil)
        } catch {
            throw StoreError(error, operation: "open the store", path: path)
        }
    }

    /// A store that lives as long as the value: for offline work without `--store`, and for tests.
    public static func inMemory() throws(StoreError) -> TrajectoryDatabase {
        do {
            let queue = try DatabaseQueue(configuration: configuration(path: ":memory:", options: StoreOptions()))
            try SchemaVersions.migrator.migrate(queue)
            return TrajectoryDatabase(path: ":memory:", writer: queue, ownership: nil)
        } catch {
            throw StoreError(error, operation: "open the store", path: ":memory:")
        }
    }

    private static func createFolder(of path: String) throws(StoreError) {
        let folder = (path as NSString).deletingLastPathComponent
        guard !folder.isEmpty else { return }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .unwritable(path: path, operation: "create the folder of the store", detail: StoreError.words(error))
        }
    }

    private static func configuration(path: String, options: StoreOptions) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(options.busyTimeout)
        configuration.foreignKeysEnabled = true
        configuration.label = "store"
        // Runs before the file is touched, so that somebody else's database is not even switched to a log of ours.
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA cell_size_check = ON")  // Damage is found when a page is read.
            try checkHeader(of: database, path: path)
            // Debian's library clears the pages of deleted rows, which takes longer than all that is written.
            try database.execute(sql: "PRAGMA secure_delete = OFF")
        }
        return configuration
    }

    private static func checkHeader(of database: Database, path: String) throws {
        let application = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        if application == SchemaVersions.applicationID {
            guard version <= SchemaVersions.newest else {
                throw StoreError.newerSchema(path: path, got: version, expected: SchemaVersions.newest)
            }
            return
        }
        // An empty file is ours to fill; one whose creation was cut short holds at most the migrator's own table.
        let tables = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'grdb_migrations'")
        guard application == 0, version == 0, tables == 0 else {
            throw StoreError.foreignFile(
                path: path, detail: "got application id \(application), expected \(SchemaVersions.applicationID)")
        }
    }
}
