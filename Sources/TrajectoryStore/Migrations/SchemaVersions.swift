import GRDB

/// The versions of the store's schema, oldest first. A released version is never edited: a change is a new file
/// `SchemaN.swift` and a new line here. Migrations are strings, so that later changes of Swift types cannot alter them.
enum SchemaVersions {
    /// Marks a file as ours in the SQLite header: the bytes of "alph", read as a big-endian number.
    static let applicationID: Int32 = 0x616C_7068

    /// The newest version that this program knows; the number is kept in `PRAGMA user_version` too.
    static let newest = 4

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("schema 1") { database in
            for statements in [Schema1.trajectory, Schema1.forecasts, Schema1.outputs, Schema1.rules, Schema1.views] {
                try database.execute(sql: statements)
            }
            try mark(database, version: 1)
        }
        migrator.registerMigration("schema 2") { database in
            try database.execute(sql: Schema2.indexes)
            try mark(database, version: 2)
        }
        migrator.registerMigration("schema 3") { database in
            for statements in [Schema3.triplets, Schema3.gram, Schema3.directions, Schema3.rules] {
                try database.execute(sql: statements)
            }
            try mark(database, version: 3)
        }
        migrator.registerMigration("schema 4") { database in
            try database.execute(sql: Schema4.factors)
            try mark(database, version: 4)
        }
        return migrator
    }

    private static func mark(_ database: Database, version: Int) throws {
        try database.execute(sql: "PRAGMA application_id = \(applicationID)")
        try database.execute(sql: "PRAGMA user_version = \(version)")
    }
}
