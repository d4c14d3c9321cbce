import Vocabulary

/// Why the store could not do what was asked. `description` is one line: what failed: why; what to do.
public enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Somebody else holds SQLite's lock, longer than the busy timeout.
    case locked(path: String, operation: String, detail: String)
    /// Another process has this store open for writing. One store has one owner.
    case inUse(path: String, processID: Int?)
    case damaged(path: String, operation: String, detail: String)
    /// The file system has no room left (or the quota is used up). Nothing of the operation was kept.
    case full(path: String, operation: String)
    case unwritable(path: String, operation: String, detail: String)
    /// A read or write failed below SQLite.
    case inputOutput(path: String, operation: String, detail: String)
    case missing(path: String)
    /// The file is not a store of ours.
    case foreignFile(path: String, detail: String)
    case newerSchema(path: String, got: Int, expected: Int)
    /// Only its owner may bring it up to date; a reader cannot.
    case olderSchema(path: String, got: Int, expected: Int)
    case otherBase(path: String, run: String, got: String, expected: String)
    case otherRun(path: String, got: String, expected: String)
    /// A row that the operation needs is not there.
    case notFound(operation: String, what: String)
    /// The checkpoint is not in the state that the operation needs.
    case wrongState(operation: String, step: TrainingStep, got: String, expected: String)
    /// A vector or a number is NaN or infinite.
    case notFinite(operation: String, what: String)
    /// Sizes do not agree with the module or the registration.
    case wrongShape(operation: String, what: String, got: String, expected: String)
    /// A checkpoint was about to be recorded without all of its modules.
    case incomplete(step: TrainingStep, got: Int, expected: Int)
    /// A rule of the schema refused the row.
    case refused(operation: String, detail: String)

    public var description: String {
        switch self {
        case .locked, .inUse, .damaged, .full, .unwritable, .inputOutput, .missing: fileDescription
        case .foreignFile, .newerSchema, .olderSchema, .otherBase, .otherRun: identityDescription
        case .notFound, .wrongState, .notFinite, .wrongShape, .incomplete, .refused: contentDescription
        }
    }

    /// Whether the same call may succeed later without anybody repairing anything.
    public var isPassing: Bool {
        switch self {
        case .locked, .inUse, .full, .inputOutput: true
        default: false
        }
    }

    public var isDamage: Bool {
        if case .damaged = self { return true }
        return false
    }

    private var fileDescription: String {
        switch self {
        case .locked(let path, let operation, let detail):
            "cannot \(operation): another process holds the lock of \(path) (\(detail)); "
                + "close other programs that write to it, such as a sqlite3 shell in a transaction, and try again"
        case .inUse(let path, let processID):
            "cannot open the store \(path): \(processID.map { "process \($0)" } ?? "another process") is its owner; "
                + "stop that daemon, or give this run another store.path"
        case .damaged(let path, let operation, let detail):
            "cannot \(operation): \(path) is damaged (\(detail)); "
                + "restart the daemon, which moves the file aside and learns again from the checkpoints that are still "
                + "there, or stop it and restore a backup"
        case .full(let path, let operation):
            "cannot \(operation): no space is left on the file system of \(path); "
                + "free some space; nothing was changed and the operation can be repeated"
        case .unwritable(let path, let operation, let detail):
            "cannot \(operation): \(path) is not writable (\(detail)); "
                + "make the file and its folder writable for this user (under systemd also with ReadWritePaths=), or set store.path"
        case .inputOutput(let path, let operation, let detail):
            "cannot \(operation): reading or writing \(path) failed (\(detail)); "
                + "check free space, quota, the disk and the kernel's log"
        case .missing(let path):
            "cannot open the store \(path): there is no such file; check store.path, or run the daemon first"
        default: preconditionFailure("Only errors of the file are described here.")
        }
    }

    private var identityDescription: String {
        switch self {
        case .foreignFile(let path, let detail):
            "cannot open the store \(path): it is not a store of alpharl (\(detail)); set store.path to another file"
        case .newerSchema(let path, let got, let expected):
            "cannot open the store \(path): it was written by a newer alpharl "
                + "(got schema version \(got), expected at most \(expected)); install that version, "
                + "or set store.path to another file"
        case .olderSchema(let path, let got, let expected):
            "cannot read the store \(path): it was written by an older alpharl "
                + "(got schema version \(got), expected \(expected)); start the daemon on it once"
        case .otherBase(let path, let run, let got, let expected):
            "cannot open the store \(path): it belongs to run \(run) with another base "
                + "(got base fingerprint \(got), expected \(expected)); correct run.base, "
                + "or set store.path to another file"
        case .otherRun(let path, let got, let expected):
            "cannot open the store \(path): it belongs to another run (got \(got), expected \(expected)); "
                + "to move a run change its name or its folder, one at each start; for a new run set store.path to another file"
        default: preconditionFailure("Only errors of identity are described here.")
        }
    }

    private var contentDescription: String {
        switch self {
        case .notFound(let operation, let what):
            "cannot \(operation): \(what) is not in the store; list what is there first"
        case .wrongState(let operation, let step, let got, let expected):
            "cannot \(operation): the checkpoint of step \(step) is in another state "
                + "(got \(got), expected \(expected)); read its state again"
        case .notFinite(let operation, let what):
            "cannot \(operation): \(what) has a value that is not finite; reject the checkpoint"
        case .wrongShape(let operation, let what, let got, let expected):
            "cannot \(operation): \(what) has another size (got \(got), expected \(expected)); "
                + "check that base and checkpoint are of one model"
        case .incomplete(let step, let got, let expected):
            "cannot record step \(step): modules are missing (got \(got), expected \(expected)); record it again"
        case .refused(let operation, let detail):
            "cannot \(operation): a rule of the store refused it (\(detail)); this is a fault in alpharl, report it"
        default: preconditionFailure("Only errors of content are described here.")
        }
    }
}
