import CKernels

/// The entries of an update `D = checkpoint - base` that are not zero, each with its column: what is left of rows of both matrices
/// once they were read. In reinforcement learning most bfloat16 weights do not move (docs/evidence.md), and what did not
/// move adds nothing to any product.
///
/// Five bytes an entry, and two for each row of 256 columns. Rows are appended in order, until the room that was given is used up.
public struct ChangedEntries: Sendable {
    /// Rows that are worked on together; all but the last block of rows that is appended have a multiple.
    public static let groupRows = PassSums.blockAlignment

    /// Appended so far.
    public private(set) var rows = 0
    public let columns: Int
    private let memory: EntryMemory
    private let user: Int
    private let room: Int
    private var entryCount = 0
    private var countCount = 0
    private let instructions: InstructionSet

    /// - Parameters:
    ///   - rows: the most that are appended.
    ///   - bytes: the most that they may take; 5 for each number of these rows are enough for all.
    public init(
        rows: Int, columns: Int, within bytes: Int = .max, in memory: EntryMemory = EntryMemory(),
        instructions: InstructionSet = .best
    ) {
        precondition(rows >= 0 && columns >= 0, "No matrix has \(rows) x \(columns) entries.")
        precondition(instructions <= .best, "This processor lacks \(instructions).")
        self.columns = columns
        self.instructions = instructions
        let counts = alpharl_changes_counts(rows, columns)
        room = min(alpharl_changes_room(rows, columns), max(0, bytes - 2 * counts) / 5)
        user = memory.makeRoom(entries: room, counts: counts)
        self.memory = memory
    }

    /// The same memory without entries.
    public mutating func removeAll() {
        checkUser()
        (rows, entryCount, countCount) = (0, 0, 0)
        memory.written = 0
    }

    /// Gathers the entries of the rows that come next. False, and nothing is appended, where there might be no room for them.
    /// Cost: reads both matrices once.
    public mutating func append(_ pass: FusedPass) -> Bool {
        precondition(
            pass.columns == columns && rows % Self.groupRows == 0,
            "Rows of \(pass.columns) after \(rows) of \(columns); \(Self.groupRows) go together.")
        checkUser()
        let counts = alpharl_changes_counts(pass.rows, columns)
        precondition(
            unsafe countCount + counts <= memory.counts.count, "\(rows + pass.rows) rows are more than were announced.")
        guard entryCount + alpharl_changes_room(pass.rows, columns) <= room else { return false }
        precondition(memory.written == entryCount, "Rows were appended to a copy of these entries, in the same memory.")
        var written = 0
        unsafe pass.withPair { pair in
            guard let values = unsafe memory.values.baseAddress, let places = unsafe memory.places.baseAddress,
                let counts = unsafe memory.counts.baseAddress
            else { return }
            unsafe alpharl_gather_changes(
                instructions.code, pair, values + entryCount, places + entryCount, counts + countCount, &written)
        }
        rows += pass.rows
        entryCount += written
        countCount += counts
        memory.written = entryCount
        return true
    }

    /// Adds the products of these rows, which are those from `first` on of the whole matrix.
    func add(to sums: inout ChangedSums, firstRow first: Int) {
        precondition(
            sums.columns == columns && first + rows <= sums.rows,
            "Rows \(first) to \(first + rows) of \(columns) do not fit \(sums.rows) x \(sums.columns).")
        guard rows > 0, sums.count > 0 else { return }
        checkUser()
        var changes = unsafe alpharl_changes(
            values: memory.values.baseAddress, places: memory.places.baseAddress, counts: memory.counts.baseAddress,
            rows: rows, columns: columns)
        unsafe sums.add(&changes, firstRow: first, instructions)
    }

    private func checkUser() {
        precondition(user == memory.user, "The memory of these entries was given to another update's.")
    }
}
