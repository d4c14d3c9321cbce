/// A number of bytes that is written with its unit: `2GiB`, `512 MiB`, `1.5TB`.
public struct ByteSize: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 0...Int.max.
    public let bytes: Int

    public init(bytes: Int) {
        precondition(bytes >= 0, "A size cannot be negative; got \(bytes).")
        self.bytes = bytes
    }

    public static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }

    /// Powers of 1024 (KiB, MiB, ...) and of 1000 (KB, MB, ...). A bare `K`, `M` or `G` is refused: people mean both.
    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000), ("B", 1),
    ]

    /// Reads a decimal number and a unit, with or without a space between; nil for anything else, for what does not
    /// fit, and for a fraction of a byte.
    public init?(text: String) {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(number.count).drop { $0 == " " }
        guard let factor = ByteSize.units.first(where: { $0.name == unit })?.bytes else { return nil }
        guard number.first?.isNumber == true, number.last?.isNumber == true else { return nil }
        if let whole = Int(number) {
            let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
            guard !overflow else { return nil }
            self.init(bytes: product)
        } else {
            guard let value = Double(number), let bytes = Int(exactly: value * Double(factor)) else { return nil }
            self.init(bytes: bytes)
        }
    }

    /// The largest unit that divides the size: reads back as the same size.
    public var description: String {
        let unit = ByteSize.units.first { bytes > 0 && bytes % $0.bytes == 0 }
        return unit.map { "\(bytes / $0.bytes)\($0.name)" } ?? "0B"
    }
}
