import Glibc

/// Pages of 2 MiB for buffers that are filled once and read a few times: a five-hundredth of the page faults.
enum LargePages {
    /// Smaller buffers gain nothing.
    private static let smallest = 4 << 20

    /// Advice only: a kernel without such pages, or without free ones, takes small ones.
    static func advise(_ buffer: UnsafeMutableRawBufferPointer) {
        guard buffer.count >= smallest, let start = buffer.baseAddress else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let skipped = (page - Int(bitPattern: start) % page) % page
        let length = (buffer.count - skipped) / page * page
        _ = unsafe madvise(start + skipped, length, MADV_HUGEPAGE)
    }
}
