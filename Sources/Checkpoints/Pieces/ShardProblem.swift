/// Why the files of a checkpoint that lies in pieces do not make one.
public enum ShardProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case missingRanks([Int], world: Int)
    case severalWorlds([Int])
    case noWorld(said: Int, found: [Int])
    case badWorld(file: String)
    case missingFile(String)
    /// A tensor that some ranks have and this one has not.
    case missingOnRank(tensor: String, rank: Int)
    case differsBetweenRanks(tensor: String, rank: Int, what: String)
    case placement(tensor: String, words: String)
    case wrongRows(tensor: String, rank: Int, got: [Int], of: [Int])
    case outside(tensor: String, offsets: [Int], sizes: [Int], shape: [Int])
    case overlap(tensor: String, offsets: [Int])
    case incomplete(tensor: String, got: Int, expected: Int)
    case missingPiece(tensor: String, offsets: [Int])
    case beyondFile(tensor: String, file: String)
    case unsafeFileName(String)
    case transformed(tensor: String)
    case notMetadata(String)
    case tooManyPieces
    case noModel(first: String)
    case badSlices(file: String, String)
    case mixed(file: String)

    /// More files may come.
    var isUnfinished: Bool {
        switch self {
        case .missingRanks, .missingFile, .noWorld, .beyondFile: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .missingRanks(let ranks, let world):
            "ranks \(Self.list(ranks)) of \(world) are missing (expected model_world_size_\(world)_rank_0.pt to _"
                + "\(world - 1).pt)"
        case .severalWorlds(let worlds):
            "it has shards of \(worlds.map(String.init).joined(separator: " and of ")) ranks and no fsdp_config.json that says "
                + "which of them count; remove what an earlier save left behind"
        case .noWorld(let said, let found):
            "fsdp_config.json says \(said) ranks and there are shards of \(Self.list(found)) only"
        case .badWorld(let file): "\(file) does not say how many ranks there were (expected \"world_size\": N)"
        case .missingFile(let file): "the file \(shown(file)) that its metadata names is not there"
        case .missingOnRank(let tensor, let rank): "rank \(rank) has no \(shown(tensor)), which others have"
        case .differsBetweenRanks(let tensor, let rank, let what):
            "the \(what) of \(shown(tensor)) differs between rank 0 and rank \(rank)"
        case .placement(let tensor, let words): "\(shown(tensor)) is spread in a way that is not read: \(words)"
        case .wrongRows(let tensor, let rank, let got, let shape):
            "rank \(rank) holds a part of \(shown(tensor)) that it should not (got \(got) of \(shape)); shards of different "
                + "saves are mixed"
        case .outside(let tensor, let offsets, let sizes, let shape):
            "a piece of \(shown(tensor)) lies outside it (got \(sizes) at \(offsets) of \(shape))"
        case .overlap(let tensor, let offsets): "two pieces of \(shown(tensor)) overlap (at \(offsets))"
        case .incomplete(let tensor, let got, let expected):
            "the pieces of \(shown(tensor)) do not make it whole (got \(got) numbers, expected \(expected))"
        case .missingPiece(let tensor, let offsets):
            "its metadata does not say where the piece of \(shown(tensor)) at \(offsets) lies"
        case .beyondFile(let tensor, let file): "a piece of \(shown(tensor)) ends beyond \(shown(file))"
        case .unsafeFileName(let name):
            "its metadata names a file outside its folder (got \(shown(name)), expected a name like __0_0.distcp)"
        case .transformed(let tensor):
            "\(shown(tensor)) was transformed when it was saved (compressed, encrypted or the like)"
        case .notMetadata(let got): "it is no metadata of torch.distributed.checkpoint (\(got))"
        case .tooManyPieces: "it has too many pieces (expected at most \(TorchLimits.pieces))"
        case .noModel(let first): "it holds no model's weights that are recognised (the first entry is \(shown(first)))"
        case .badSlices(let file, let words): "the slices in \(file) cannot be placed: \(words)"
        case .mixed(let file): "\(file) holds whole tensors beside files of slices"
        }
    }

    private static func list(_ numbers: [Int]) -> String {
        let text = numbers.prefix(8).map(String.init).joined(separator: ", ")
        return numbers.count > 8 ? text + " and \(numbers.count - 8) more" : text
    }
}
