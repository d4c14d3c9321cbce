/// How much of a torch archive from outside is believed. What lies beyond one of these is refused before memory is taken
/// for it; within them memory stays below about 100 bytes for each byte of a pickle, and 1 GB in all.
public enum TorchLimits {
    /// Bytes of one pickle (`data.pkl`, `.metadata`). A shard of the largest published models has less than 10 MB.
    public static let pickleBytes = 128 << 20
    /// Values that one pickle may make.
    public static let pickleValues = 8_000_000
    /// Tuples, lists and dictionaries that may be open inside one another. Real ones need 10.
    public static let openMarks = 256
    /// UTF-8 bytes of one text in a pickle.
    public static let textBytes = 1 << 16
    /// Members of one zip archive; a tensor is one.
    public static let members = 200_000
    /// Bytes of a zip archive's directory.
    public static let directoryBytes = 64 << 20
    /// Axes of one tensor.
    public static let dimensions = 32
    /// Files of one checkpoint.
    public static let files = 10_000
    /// Pieces of all tensors of one checkpoint.
    public static let pieces = 4_000_000
}
