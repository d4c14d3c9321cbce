/// What is wrong with a file that torch is said to have written. `description` is the part of a sentence that says why,
/// with what was got and what was expected.
public enum TorchProblem: Error, Hashable, Sendable, CustomStringConvertible {
    // The container.
    /// Without its end record: being written, or no zip archive.
    case noEndRecord(size: Int64)
    case beforeZip
    case badZip(ZipProblem)
    case noPickle
    case program
    case byteOrder(String)
    // The pickle.
    case badPickle(PickleProblem)
    // What it describes.
    case notAStateDictionary(String)
    case unexpected(String, tensor: String)
    case duplicateTensor(String)
    case tooManyDimensions(Int, tensor: String)
    case beyondStorage(tensor: String, last: Int, elements: Int)
    case largerThanStorage(tensor: String, elements: Int, storage: Int)
    case sizeOverflow(tensor: String)
    case missingStorage(key: String, tensor: String)
    case wrongStorageSize(key: String, tensor: String, bytes: Int, expected: Int)
    case placement(String, tensor: String)
    /// `torch.distributed._shard`, which FSDP without a device mesh writes.
    case shardedTensor(tensor: String)

    public var description: String {
        switch self {
        case .noEndRecord(let size):
            "it has no end record of a zip archive (in \(size) bytes): it is being written, was cut short, or torch did not "
                + "write it"
        case .beforeZip: "it was written by torch before 1.6, in a form that can hold any program"
        case .badZip(let problem): "\(problem)"
        case .noPickle: "it is a zip archive without exactly one data.pkl (expected what torch.save writes)"
        case .program: "it is a TorchScript program, not a file of weights"
        case .byteOrder(let order): "its numbers are not little-endian (got byteorder \(shown(order)), expected little)"
        case .badPickle(let problem): "\(problem)"
        case .notAStateDictionary(let got): "it does not hold a dictionary of tensors by name (got \(got))"
        case .unexpected(let what, let tensor): "its entry \(shown(tensor)) is no tensor that is read here: \(what)"
        case .duplicateTensor(let name): "it names the tensor \(shown(name)) twice (expected once)"
        case .tooManyDimensions(let count, let tensor):
            "its tensor \(shown(tensor)) has too many axes (got \(count), expected at most \(TorchLimits.dimensions))"
        case .beyondStorage(let tensor, let last, let elements):
            "its tensor \(shown(tensor)) reaches beyond its storage (got number \(last), expected below \(elements))"
        case .largerThanStorage(let tensor, let elements, let storage):
            "its tensor \(shown(tensor)) has more numbers than its storage (got \(elements), expected at most \(storage))"
        case .sizeOverflow(let tensor): "the size of its tensor \(shown(tensor)) does not fit 64 bits"
        case .missingStorage(let key, let tensor):
            "the storage \(shown(key)) of its tensor \(shown(tensor)) is not in it"
        case .wrongStorageSize(let key, let tensor, let bytes, let expected):
            "the storage \(shown(key)) of its tensor \(shown(tensor)) has the wrong size (got \(bytes) bytes, expected "
                + "\(expected))"
        case .placement(let words, let tensor):
            "its tensor \(shown(tensor)) is spread in a way that is not read: \(words)"
        case .shardedTensor(let tensor):
            "its tensor \(shown(tensor)) is a ShardedTensor (FSDP without a device mesh), whose parts cannot be placed "
                + "without the processes that wrote it"
        }
    }
}

/// What is wrong with a zip archive.
public enum ZipProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case endsDisagree
    case severalDisks
    case directoryTooLarge(bytes: UInt64)
    case tooManyMembers(UInt64)
    case directoryOutOfPlace
    case directoryDamaged(member: Int)
    case compressed(member: String)
    case encrypted(member: String)
    case duplicateMember(String)
    case overlap(member: String)
    case localHeader(member: String)

    public var description: String {
        switch self {
        case .endsDisagree: "the two end records of its zip archive say different things"
        case .severalDisks: "its zip archive claims to lie on several disks"
        case .directoryTooLarge(let bytes):
            "the directory of its zip archive is too large (got \(bytes) bytes, expected at most \(TorchLimits.directoryBytes))"
        case .tooManyMembers(let count):
            "its zip archive has too many members (got \(count), expected at most \(TorchLimits.members))"
        case .directoryOutOfPlace: "the directory of its zip archive does not lie where its end record says"
        case .directoryDamaged(let member): "entry \(member) of its zip archive's directory is damaged"
        case .compressed(let member):
            "the member \(shown(member)) of its zip archive is compressed (expected it stored)"
        case .encrypted(let member): "the member \(shown(member)) of its zip archive is encrypted"
        case .duplicateMember(let member): "its zip archive has two members \(shown(member)) (expected one)"
        case .overlap(let member):
            "the member \(shown(member)) of its zip archive overlaps the one behind it, or its end"
        case .localHeader(let member):
            "the header of the member \(shown(member)) of its zip archive is not what the directory says"
        }
    }
}
