import Foundation
import LinearAlgebra

/// Gigabytes a second of the pass over two bfloat16 matrices that no cache holds, beside a plain read of both, on one thread.
struct Bandwidth: Encodable {
    struct Row: Encodable {
        /// Columns that go forth and back, as in the solver's pass.
        let columns: Int
        /// Further columns that go forth only: registered directions.
        let further: Int
        let gigabytesPerSecond: Double
        /// Of the plain read in this run.
        let shareOfRead: Double
        let gigaflops: Double
    }

    let rows: Int
    let columns: Int
    let instructions: String
    let readGigabytesPerSecond: Double
    let passes: [Row]
    /// The same over the entries that changed, gathered before; bytes are those of both matrices.
    let changes: [Row]
    /// Of all entries.
    let changedShare: Double
    /// Gathering them, with the census, in blocks of 64 rows.
    let gatherGigabytesPerSecond: Double

    static func measure(rows: Int = 4096, columns: Int = 14336, repeats: Int = 7) -> Bandwidth {
        var state: UInt64 = 1
        func bits() -> [UInt16] {
            (0..<rows * columns).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt16(truncatingIfNeeded: 0x3C00 | (state >> 60) << 15 | (state >> 33) & 0xFF)
            }
        }
        let old = bits(), new = bits()
        // A quarter of the entries has another lowest bit, as after some hundred steps of reinforcement learning.
        let moved = zip(old, new).map { $1 % 4 == 0 ? $0 ^ 1 : $0 }
        let bytes = Double(4 * rows * columns)
        let read = median(repeats) { _ = plainSum(old) &+ plainSum(new) }
        func measure(_ pass: some UpdatePass<Never>, _ counts: [(Int, Int)]) -> [Row] {
            counts.map { block, further in
                let x = (0..<block * columns).map { Float($0 % 17 - 8) }
                let y = (0..<further * columns).map { Float($0 % 19 - 9) }
                let seconds = median(repeats) {
                    if block > 0 { _ = pass.products(with: x, count: block, scale: 1, takingCensus: false) }
                    if further > 0 { _ = pass.forward(y, count: further) }
                }
                return Row(
                    columns: block, further: further, gigabytesPerSecond: bytes / seconds / 1e9,
                    shareOfRead: read / seconds,
                    gigaflops: Double(rows * columns) * Double(4 * block + 2 * further) / seconds / 1e9)
            }
        }
        let whole = FusedPass(rows: rows, columns: columns, base: .bfloat16(old), checkpoint: .bfloat16(new))
        let parts = stride(from: 0, to: rows, by: 64).map { first in
            let part = first * columns..<(first + 64) * columns
            return FusedPass(
                rows: 64, columns: columns, base: .bfloat16(Array(old[part])), checkpoint: .bfloat16(Array(moved[part]))
            )
        }
        let memory = EntryMemory()
        func gather() -> ChangeGathering {
            var gathering = ChangeGathering(rows: rows, columns: columns, blockRows: 64, in: memory)
            parts.forEach { gathering.add($0) }
            return gathering
        }
        let gathering = median(repeats) { _ = gather() }
        let changed = gather()
        return Bandwidth(
            rows: rows, columns: columns, instructions: "\(InstructionSet.best)",
            readGigabytesPerSecond: bytes / read / 1e9,
            passes: measure(
                BlockedPass<Never>(whole),
                [(1, 0), (3, 0), (4, 0), (6, 0), (4, 8), (4, 32), (0, 8), (0, 32), (0, 72)]),
            changes: measure(
                ChangedPass<Never>(changed) { rows in preconditionFailure("Rows \(rows) were not kept.") },
                [(1, 0), (4, 0), (6, 0), (4, 8), (4, 32), (0, 8), (0, 32), (0, 72)]),
            changedShare: 1 - Double(changed.census.identicalCount) / Double(rows * columns),
            gatherGigabytesPerSecond: bytes / gathering / 1e9)
    }

    /// Touches every byte and keeps up with the memory: four sums of 64 bytes each.
    @inline(never) private static func plainSum(_ values: [UInt16]) -> UInt64 {
        values.withUnsafeBytes { bytes in
            var sums = (SIMD8<UInt64>(), SIMD8<UInt64>(), SIMD8<UInt64>(), SIMD8<UInt64>())
            for start in stride(from: 0, to: bytes.count - 255, by: 256) {
                sums.0 &+= bytes.loadUnaligned(fromByteOffset: start, as: SIMD8<UInt64>.self)
                sums.1 &+= bytes.loadUnaligned(fromByteOffset: start + 64, as: SIMD8<UInt64>.self)
                sums.2 &+= bytes.loadUnaligned(fromByteOffset: start + 128, as: SIMD8<UInt64>.self)
                sums.3 &+= bytes.loadUnaligned(fromByteOffset: start + 192, as: SIMD8<UInt64>.self)
            }
            return (sums.0 &+ sums.1 &+ sums.2 &+ sums.3).wrappedSum()
        }
    }
}

/// The median of the seconds that `body` takes.
func median(_ repeats: Int, _ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    let times = (0..<repeats).map { _ -> Double in
        let time = clock.measure(body)
        return Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    }
    return times.sorted()[repeats / 2]
}
