/// Bytes that wait to be written, in memory that begins at a page: what goes past the page cache needs it.
@safe struct PageBuffer: ~Copyable {
    /// No disk asks for more.
    static let pageSize = 4096

    /// Bytes, 1...
    let capacity: Int
    /// Bytes that wait, 0...capacity.
    private(set) var count = 0
    private let memory: UnsafeMutableRawBufferPointer

    init(capacity: Int) {
        precondition(capacity >= 1, "A buffer holds at least one byte; got \(capacity).")
        self.capacity = capacity
        unsafe memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: Self.pageSize)
    }

    deinit { unsafe memory.deallocate() }

    var isFull: Bool { count == capacity }

    /// Whether the buffer, when full, may go past the page cache.
    var hasWholePages: Bool { capacity % Self.pageSize == 0 }

    /// Takes as many of the bytes as there is room for, from the first on, and says how many.
    mutating func append(_ bytes: RawSpan) -> Int {
        let taken = min(bytes.byteCount, capacity - count)
        let room = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count..<count + taken])
        unsafe bytes.extracting(first: taken).withUnsafeBytes { unsafe room.copyMemory(from: $0) }
        count += taken
        return taken
    }

    /// What waits.
    func withBytes<Result, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result {
        let filled = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count])
        return try body(unsafe filled.bytes)
    }

    mutating func removeAll() { count = 0 }
}
