import Foundation
import GRDB

/// A damaged store that was moved aside, so that a new one could be begun in its place.
public struct ReplacedStore: Hashable, Sendable, CustomStringConvertible {
    /// Where it is now, with its log beside it.
    public let movedTo: String
    /// What was wrong with it.
    public let detail: String

    public var description: String {
        "the store was damaged (\(detail)) and was moved to \(movedTo); what it knew is learned again from the checkpoints "
            + "that are still on disk; check the disk, and restore a backup or try sqlite3 .recover if older ones matter"
    }
}

extension TrajectoryDatabase {
    /// As `open`; but a store that is damaged, or in which damage was found while it was in use, is moved aside whole and
    /// a new one is begun. Files of other programs and of newer versions are refused as ever.
    ///
    /// - Parameter now: becomes part of the damaged file's new name.
    public static func openReplacingDamaged(
        path: String, options: StoreOptions = StoreOptions(), now: String
    ) throws(StoreError) -> TrajectoryDatabase {
        let detail: String
        if let noted = damageNoted(at: path) {
            detail = noted
        } else {
            do { return try openLookingTwice(path: path, options: options) } catch {
                guard case .damaged(_, _, let found) = error else { throw error }
                detail = found
            }
        }
        let ownership = try StoreOwnership(storePath: path, busyTimeout: options.busyTimeout)
        let aside = path + ".damaged-" + now.filter { $0.isNumber || $0 == "T" || $0 == "Z" }
        do {
            for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
                try FileManager.default.moveItem(atPath: path + suffix, toPath: aside + suffix)
            }
            if FileManager.default.fileExists(atPath: damageNote(path)) {
                try FileManager.default.removeItem(atPath: damageNote(path))
            }
            try ownership.release()
        } catch {
            throw .unwritable(
                path: path, operation: "move the damaged store to \(aside)", detail: StoreError.words(error))
        }
        var store = try open(path: path, options: options)
        store.replaced = ReplacedStore(movedTo: aside, detail: detail)
        return store
    }

    /// One read that fails looks like a page that is wrong. What is really damaged is so the second time, too.
    private static func openLookingTwice(path: String, options: StoreOptions) throws(StoreError) -> TrajectoryDatabase {
        do { return try open(path: path, options: options) } catch {
            guard error.isDamage else { throw error }
            return try open(path: path, options: options)
        }
    }

    /// Whether the whole file is checked and found damaged. If so a note beside it makes the next start move it aside, even
    /// where the check of a start would not find it.
    public func confirmDamage() throws(StoreError) -> Bool {
        do {
            try verify()
            return false
        } catch {
            guard case .damaged(_, _, let detail) = error else { throw error }
            do { try detail.write(toFile: Self.damageNote(path), atomically: false, encoding: .utf8) } catch {
                throw .unwritable(
                    path: path, operation: "note that the store is damaged", detail: StoreError.words(error))
            }
            return true
        }
    }

    private static func damageNote(_ path: String) -> String { path + ".is-damaged" }

    private static func damageNoted(at path: String) -> String? {
        guard FileManager.default.fileExists(atPath: damageNote(path)) else { return nil }
        return (try? String(contentsOfFile: damageNote(path), encoding: .utf8)) ?? "found while it was in use"
    }
}
