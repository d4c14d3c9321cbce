import Foundation
import GRDB

extension TrajectoryDatabase {
    /// Reads the whole file, checks every page, index, type, constraint and reference. As fast as the disk.
    ///
    /// - Throws: `.damaged` with SQLite's first findings.
    public func verify() throws(StoreError) {
        try reading("verify the store") { database in
            try requireSound(String.fetchAll(database, sql: "PRAGMA integrity_check(5)"))
            try requireReferences(database)
        }
    }

    /// The check at open: the whole file up to `limit` bytes; above it, every table but those of vectors, whose
    /// rows are checked when they are read.
    func checkIntegrity(fullUpTo limit: Int64) throws(StoreError) {
        try reading("check the store") { database in
            let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let size = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0
            if pages * size <= limit {
                try requireSound(String.fetchAll(database, sql: "PRAGMA quick_check(5)"))
            } else {
                let tables = try String.fetchAll(
                    database,
                    sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ("
                        + "'triplet', 'direction', 'direction_vectors')")
                for table in tables {
                    let argument = table.quotedDatabaseIdentifier
                    try requireSound(String.fetchAll(database, sql: "PRAGMA quick_check(\(argument))"))
                }
            }
        }
    }

    private func requireSound(_ findings: [String]) throws {
        guard findings == ["ok"] else {
            throw StoreError.damaged(
                path: path, operation: "check the store", detail: findings.joined(separator: ", "))
        }
    }

    private func requireReferences(_ database: Database) throws {
        let orphans = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check")
        guard orphans.isEmpty else {
            throw StoreError.damaged(
                path: path, operation: "check the store",
                detail: "\(orphans.count) rows refer to rows that are not there")
        }
    }
}
