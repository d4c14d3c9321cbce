/// Numbers at an address that is a multiple of 64, zeros at first, whose memory goes with this object. For vectors of which the
/// kernels load whole registers.
@safe final class AlignedNumbers<Number: BitwiseCopyable> {
    let count: Int
    private let memory: UnsafeMutableRawPointer

    /// - Parameter zero: the number whose bytes are zeros.
    init(count: Int, zero: Number) {
        self.count = count
        unsafe memory = UnsafeMutableRawPointer.allocate(
            byteCount: max(1, count) * MemoryLayout<Number>.stride, alignment: 64)
        unsafe memory.bindMemory(to: Number.self, capacity: count).initialize(repeating: zero, count: count)
    }

    deinit { unsafe memory.deallocate() }

    /// Valid as long as this object.
    @unsafe var start: UnsafeMutablePointer<Number> { unsafe memory.assumingMemoryBound(to: Number.self) }
}
