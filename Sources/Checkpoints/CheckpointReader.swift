import Files
import Vocabulary

/// What becomes of a file's pages in memory once they are read.
public enum PageCaching: Hashable, Sendable {
    /// They are given back, so that reading a checkpoint does not push the trainer's pages out.
    case dropAfterReading
    /// They stay: for a base that is read again with every checkpoint.
    case keep
}

/// Opens a folder of weights.
public enum CheckpointReader {
    static let singleFileName = "model.safetensors"

    /// Opens every weight file of `directory` and checks every header, before any tensor is read.
    ///
    /// Whole weights in safetensors files count before all else, then what `TorchFolder` knows: FSDP shards,
    /// `pytorch_model.bin`, torch.distributed.checkpoint, slices. Links to weight files are followed; their targets must
    /// be regular files.
    public static func open(
        directory: String, calls: FileSystemCalls = .system, caching: PageCaching = .dropAfterReading
    ) throws(CheckpointError) -> any TensorSource {
        if let whole = try openWhole(directory, calls, caching) { return whole }
        return try torchFolder(directory, calls).source(caching)
    }

    /// The files that `open` would count, by name relative to the folder, each known to be written to its end. Cheaper
    /// than to open a checkpoint in torch's forms: what its files describe is not looked at.
    public static func files(
        of directory: String, calls: FileSystemCalls = .system
    ) throws(CheckpointError) -> [String: FileIdentity] {
        if let whole = try openWhole(directory, calls, .dropAfterReading) { return whole.files }
        return try torchFolder(directory, calls).files()
    }

    /// Where both `model.safetensors.index.json` and `model.safetensors` are there, the index counts: a trainer that
    /// saves again in shards leaves the old single file behind, and vLLM and SGLang read the index too. Only when a
    /// file that the index names is missing (saved again in one file, the shards removed) does the single file count.
    ///
    /// - Returns: nil where neither is there.
    private static func openWhole(
        _ directory: String, _ calls: FileSystemCalls, _ caching: PageCaching
    ) throws(CheckpointError) -> SafetensorsSource? {
        let indexPath = FileTree.join(directory, ShardIndex.fileName)
        let singlePath = FileTree.join(directory, singleFileName)
        if let indexReader = try openIfPresent(indexPath, calls) {
            let index = try readIndex(indexReader)
            switch try openAll(index.fileNames, directory, calls) {
            case .all(let readers):
                return try source(directory, readers, (ShardIndex.fileName, indexReader), index, caching)
            case .missing(let name):
                guard let single = try openIfPresent(singlePath, calls) else {
                    throw .badIndex(file: indexPath, .missingFile(name))
                }
                return try source(directory, [(singleFileName, single)], nil, nil, caching)
            }
        }
        guard let single = try openIfPresent(singlePath, calls) else { return nil }
        return try source(directory, [(singleFileName, single)], nil, nil, caching)
    }

    private static func torchFolder(_ directory: String, _ calls: FileSystemCalls) throws(CheckpointError)
        -> TorchFolder
    {
        let names = try names(in: directory, calls)
        guard let folder = try TorchFolder(directory: directory, names: names, calls: calls) else {
            throw .noWeights(directory: directory, found: some(names))
        }
        return folder
    }

    /// Opens one file (an adapter's, say) as a checkpoint of its own: safetensors, or `.pt`, `.pth` and `.bin` of torch.
    public static func open(
        file path: String, calls: FileSystemCalls = .system, caching: PageCaching = .dropAfterReading
    ) throws(CheckpointError) -> any TensorSource {
        let (directory, name) = FileTree.split(path)
        let reader: FileReader
        do { reader = try FileReader(path: path, calls: calls) } catch { throw .file(error) }
        if [".pt", ".pth", ".bin"].contains(where: name.hasSuffix) {
            return try TorchFolder.archiveSource(directory, [(name, reader)], nil, nil, caching)
        }
        return try source(directory, [(name, reader)], nil, nil, caching)
    }

    private static func source(
        _ directory: String, _ readers: [(name: String, reader: FileReader)],
        _ indexFile: (name: String, reader: FileReader)?, _ index: ShardIndex?, _ caching: PageCaching
    ) throws(CheckpointError) -> SafetensorsSource {
        var weights: [(name: String, reader: FileReader, header: SafetensorsHeader)] = []
        for (name, reader) in readers {
            // torch writes where slices belong beside whole tensors too, and an index only with those.
            let header = try SafetensorsHeader(from: reader, allowsSlices: index != nil)
            guard SafetensorsSlices.beginAtZero(header) else { throw .damaged(file: reader.path, .slices) }
            weights.append((name, reader, header))
        }
        let source = try SafetensorsSource(directory: directory, weights: weights, index: indexFile, caching: caching)
        if let index, let indexFile {
            do { try index.check(weights.map { ($0.name, $0.header.entries.map(\.name.text)) }) } catch {
                throw .badIndex(file: indexFile.reader.path, error)
            }
        }
        return source
    }

    private enum Opened {
        case all([(name: String, reader: FileReader)])
        case missing(String)
    }

    private static func openAll(
        _ names: [String], _ directory: String, _ calls: FileSystemCalls
    ) throws(CheckpointError) -> Opened {
        var readers: [(name: String, reader: FileReader)] = []
        for name in names {
            guard let reader = try openIfPresent(FileTree.join(directory, name), calls) else { return .missing(name) }
            readers.append((name, reader))
        }
        return .all(readers)
    }

    private static func readIndex(_ reader: FileReader) throws(CheckpointError) -> ShardIndex {
        guard reader.identity.size <= Int64(SafetensorsLimits.indexBytes) else {
            throw .badIndex(file: reader.path, .tooLarge(bytes: reader.identity.size))
        }
        let json = try reader.bytes(count: Int(reader.identity.size), at: 0)
        do { return try ShardIndex(json: json) } catch { throw .badIndex(file: reader.path, error) }
    }

    static func openIfPresent(_ path: String, _ calls: FileSystemCalls) throws(CheckpointError) -> FileReader? {
        do { return try FileReader(path: path, calls: calls) } catch {
            if error.isVanished { return nil }
            throw .file(error)
        }
    }

    private static func names(in directory: String, _ calls: FileSystemCalls) throws(CheckpointError) -> [String] {
        do { return try FileTree(calls: calls).names(in: directory) } catch { throw .file(error) }
    }

    private static func some(_ names: [String]) -> [String] {
        names.count <= 8 ? names : names.prefix(8) + ["and \(names.count - 8) more"]
    }
}
