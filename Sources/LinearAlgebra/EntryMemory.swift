/// Where the changed entries of one update lie. After use it holds the next one's: new memory costs more than what is written to it.
/// What was not written yet takes no pages.
///
/// One `ChangedEntries` uses it at a time: those that used it before may not be asked any more, and are stopped where they are.
@safe public final class EntryMemory: @unchecked Sendable {
    private(set) var values: UnsafeMutableBufferPointer<Float>
    private(set) var places: UnsafeMutableBufferPointer<UInt8>
    private(set) var counts: UnsafeMutableBufferPointer<UInt16>
    /// Which of its users is the present one.
    private(set) var user = 0
    /// Entries that it wrote.
    var written = 0

    public init() {
        unsafe (values, places, counts) = (.allocate(capacity: 0), .allocate(capacity: 0), .allocate(capacity: 0))
    }

    deinit {
        unsafe values.deallocate()
        unsafe places.deallocate()
        unsafe counts.deallocate()
    }

    /// Room for so many entries and counts, of unspecified value. Returns the number of the new user.
    func makeRoom(entries: Int, counts wanted: Int) -> Int {
        if unsafe values.count < entries {
            unsafe values.deallocate()
            unsafe places.deallocate()
            unsafe (values, places) = (.allocate(capacity: entries), .allocate(capacity: entries))
        }
        if unsafe counts.count < wanted {
            unsafe counts.deallocate()
            unsafe counts = .allocate(capacity: wanted)
        }
        user += 1
        written = 0
        return user
    }
}
