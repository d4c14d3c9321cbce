import Foundation
import GRDB

extension StoreError {
    /// Translates what GRDB or SQLite said.
    ///
    /// - Parameter operation: what was attempted, in words that follow "cannot".
    init(_ error: any Error, operation: String, path: String) {
        switch error {
        case let error as StoreError: self = error
        case let error as MalformedValue: self = .damaged(path: path, operation: operation, detail: error.description)
        case let error as DatabaseError: self.init(error, operation: operation, path: path)
        default: self = .inputOutput(path: path, operation: operation, detail: String(describing: error))
        }
    }

    private init(_ error: DatabaseError, operation: String, path: String) {
        let detail = error.message ?? error.resultCode.description
        self =
            switch error.resultCode.primaryResultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: .locked(path: path, operation: operation, detail: detail)
            case .SQLITE_CORRUPT: .damaged(path: path, operation: operation, detail: detail)
            case .SQLITE_NOTADB: .foreignFile(path: path, detail: detail)
            case .SQLITE_FULL: .full(path: path, operation: operation)
            case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
                .unwritable(path: path, operation: operation, detail: detail)
            case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG: .refused(operation: operation, detail: detail)
            default: .inputOutput(path: path, operation: operation, detail: "\(error.extendedResultCode): \(detail)")
            }
    }
}

extension StoreError {
    /// What the system said, in its own words: Foundation's descriptions are for programmers.
    static func words(_ error: any Error) -> String {
        var inner = error as NSError
        while let next = inner.userInfo[NSUnderlyingErrorKey] as? any Error { inner = next as NSError }
        return inner.localizedFailureReason ?? inner.localizedDescription
    }
}

/// A value in the file that the schema does not allow: only damage or another program can have written it.
struct MalformedValue: Error, CustomStringConvertible {
    let column: String
    let expected: String

    var description: String { "column \(column) does not hold \(expected)" }
}
