import Files
import Vocabulary

/// A folder whose weights are not whole tensors in safetensors files: which form it has, what counts in it, and how
/// it is opened.
struct TorchFolder {
    /// How the weights lie.
    enum Form: Hashable {
        /// `model_world_size_W_rank_R.pt`.
        case fsdpShards
        /// `pytorch_model.bin.index.json` and the files that it names.
        case indexedFiles
        /// One file of `torch.save`, of this name.
        case singleFile(String)
        /// `.metadata` and `.distcp` files, in the folder or in this one below it.
        case distributed(subfolder: String?)
        /// Safetensors files that hold slices.
        case slices
    }

    typealias Named = (name: String, reader: FileReader)

    static let indexName = "pytorch_model.bin.index.json"
    /// Names under which one file holds a model; never those of optimizers, arguments and random states.
    static let singleNames = ["pytorch_model.bin", "model.pt", "model.pth", "model.bin"]
    /// Where accelerate puts a model's sharded state beside the Trainer's files.
    static let accelerateFolder = "pytorch_model_fsdp_0"

    let directory: String
    let names: [String]
    let form: Form
    let calls: FileSystemCalls

    /// Nil for a folder that has none of these forms.
    init?(directory: String, names: [String], calls: FileSystemCalls) throws(CheckpointError) {
        let present = Set(names)
        self.directory = directory
        self.names = names
        self.calls = calls
        if names.contains(where: { FSDPShards.rank(ofFile: $0) != nil }) {
            form = .fsdpShards
        } else if present.contains(Self.indexName) {
            form = .indexedFiles
        } else if let single = Self.singleNames.first(where: present.contains) {
            form = .singleFile(single)
        } else if present.contains(DistributedMetadata.fileName) {
            form = .distributed(subfolder: nil)
        } else if names.contains(where: { SafetensorsSlices.rank(ofFile: $0) != nil }) {
            form = .slices
        } else if present.contains(Self.accelerateFolder),
            try Self.exists(
                FileTree.join(FileTree.join(directory, Self.accelerateFolder), DistributedMetadata.fileName), calls)
        {
            form = .distributed(subfolder: Self.accelerateFolder)
        } else {
            return nil
        }
    }

    private static func exists(_ path: String, _ calls: FileSystemCalls) throws(CheckpointError) -> Bool {
        do { return try FileTree(calls: calls).status(of: path) != nil } catch { throw .file(error) }
    }

    // MARK: Whether it is whole

    /// Opens every file and checks that each has been written to its end, without looking at what it describes.
    func files() throws(CheckpointError) -> [String: FileIdentity] {
        var counted: [Named]
        switch form {
        case .fsdpShards:
            let (shards, side) = try openShards()
            for shard in shards { _ = try TorchArchive(shard.reader) }
            counted = shards + side
        case .indexedFiles:
            let (files, index, _) = try openIndexed()
            for file in files { _ = try TorchArchive(file.reader) }
            counted = files + [index]
        case .singleFile(let name):
            counted = [try open(name)]
            _ = try TorchArchive(counted[0].reader)
        case .distributed(let subfolder):
            counted = [try open(Self.path(subfolder, DistributedMetadata.fileName))]
            let names = try subfolder.map { (name) throws(CheckpointError) in try list(name) } ?? names
            for name in names where name.hasSuffix(".distcp") { counted.append(try open(Self.path(subfolder, name))) }
        case .slices:
            let files = try openSlices()
            counted = files.map { ($0.name, $0.reader) }
        }
        return Dictionary(counted.map { ($0.name, $0.reader.identity) }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: Opening

    /// Reads what every file describes; no weights.
    func source(_ caching: PageCaching) throws(CheckpointError) -> AssembledSource {
        switch form {
        case .fsdpShards: try shardSource(caching)
        case .indexedFiles: try indexedSource(caching)
        case .singleFile(let name): try Self.archiveSource(directory, [open(name)], nil, nil, caching)
        case .distributed(let subfolder): try distributedSource(subfolder, caching)
        case .slices: try sliceSource(caching)
        }
    }

    private func shardSource(_ caching: PageCaching) throws(CheckpointError) -> AssembledSource {
        let (shards, side) = try openShards()
        var ranks: [FSDPShards.Rank] = []
        for (number, shard) in shards.enumerated() {
            ranks.append(FSDPShards.Rank(try Self.contents(of: shard.reader, number)))
        }
        return AssembledSource(
            directory: directory, tensors: try piece { () throws(ShardProblem) in try FSDPShards.assemble(ranks) },
            files: shards, sideFiles: side, sideFolders: [FileTree.join(directory, "huggingface")], caching: caching)
    }

    private func indexedSource(_ caching: PageCaching) throws(CheckpointError) -> AssembledSource {
        let (files, index, map) = try openIndexed()
        return try Self.archiveSource(directory, files, index, map, caching)
    }

    /// Files that hold whole tensors.
    ///
    /// - Parameters:
    ///   - index: the open index with what it says, where there is one.
    static func archiveSource(
        _ directory: String, _ files: [Named], _ index: Named?, _ map: ShardIndex?, _ caching: PageCaching
    ) throws(CheckpointError) -> AssembledSource {
        var tensors: [AssembledTensor] = []
        var owner: [String: String] = [:]
        var list: [(name: String, tensors: [String])] = []
        for (number, file) in files.enumerated() {
            let found = try contents(of: file.reader, number)
            list.append((file.name, found.map(\.name)))
            for (name, tensor, place) in found {
                guard tensor.distribution == nil else {
                    throw .archive(
                        file: file.reader.path, .unexpected("one rank's part of a DTensor", tensor: name))
                }
                if let other = owner.updateValue(file.name, forKey: name) {
                    throw .tensorInTwoFiles(TensorName(name), directory: directory, other, file.name)
                }
                do {
                    tensors.append(
                        try AssembledTensor(
                            name: name, type: tensor.local.type, shape: tensor.local.shape,
                            pieces: [.whole(tensor.local.shape, .strided(place))]))
                } catch { throw .pieces(directory: directory, error) }
            }
        }
        if let map, let index {
            do { try map.check(list) } catch { throw .badIndex(file: index.reader.path, error) }
        }
        return AssembledSource(
            directory: directory, tensors: tensors, files: files, sideFiles: index.map { [$0] } ?? [],
            caching: caching)
    }

    private func distributedSource(_ subfolder: String?, _ caching: PageCaching) throws(CheckpointError)
        -> AssembledSource
    {
        let file = try open(Self.path(subfolder, DistributedMetadata.fileName))
        guard file.reader.identity.size <= Int64(TorchLimits.pickleBytes) else {
            throw .archive(file: file.reader.path, .badPickle(.tooLarge(bytes: Int(file.reader.identity.size))))
        }
        let bytes = try file.reader.bytes(count: Int(file.reader.identity.size), at: 0)
        let metadata = try Self.metadata(bytes, file.reader.path, directory)
        guard metadata.fileNames.count <= TorchLimits.files else {
            throw .pieces(directory: directory, .tooManyPieces)
        }
        var files: [Named] = []
        for name in metadata.fileNames {
            guard let reader = try openIfPresent(Self.path(subfolder, name)) else {
                throw .pieces(directory: directory, .missingFile(name))
            }
            files.append((name, reader))
        }
        let tensors = try piece { () throws(ShardProblem) in try metadata.assembled(files: files) }
        let relative = files.map { (Self.path(subfolder, $0.name), $0.reader) }
        return AssembledSource(
            directory: directory, tensors: tensors, files: relative, sideFiles: [file], caching: caching)
    }

    private static func metadata(
        _ bytes: [UInt8], _ path: String, _ directory: String
    ) throws(CheckpointError) -> DistributedMetadata {
        do { return try DistributedMetadata(bytes) } catch let problem as PickleProblem {
            throw .archive(file: path, .badPickle(problem))
        } catch let problem as TorchProblem {
            throw .archive(file: path, problem)
        } catch let problem as ShardProblem {
            throw .pieces(directory: directory, problem)
        } catch { preconditionFailure("Metadata fails with one of three errors; got \(error).") }
    }

    private func sliceSource(_ caching: PageCaching) throws(CheckpointError) -> AssembledSource {
        let files = try openSlices()
        let tensors = try piece { () throws(ShardProblem) in
            try SafetensorsSlices.assemble(files.map { ($0.name, $0.header) })
        }
        return AssembledSource(
            directory: directory, tensors: tensors, files: files.map { ($0.name, $0.reader) }, caching: caching)
    }

    // MARK: Files

    /// The shards that count, by rank, and the files beside them that say what they mean.
    private func openShards() throws(CheckpointError) -> (shards: [Named], side: [Named]) {
        var side: [Named] = []
        for name in [FSDPShards.configurationName, LowRankAdapter.trainingFileName] {
            if let reader = try openIfPresent(name) { side.append((name, reader)) }
        }
        var configuration: [UInt8]?
        if let reader = side.first(where: { $0.name == FSDPShards.configurationName })?.reader {
            configuration = try reader.bytes(count: Int(min(reader.identity.size, 1 << 20)), at: 0)
        }
        let world = try piece { () throws(ShardProblem) in
            try FSDPShards.world(names: names, configuration: configuration)
        }
        var shards: [Named] = []
        for rank in 0..<world { shards.append(try open(FSDPShards.fileName(world: world, rank: rank))) }
        return (shards, side)
    }

    private func openIndexed() throws(CheckpointError) -> (files: [Named], index: Named, map: ShardIndex) {
        let index = try open(Self.indexName)
        guard index.reader.identity.size <= Int64(SafetensorsLimits.indexBytes) else {
            throw .badIndex(file: index.reader.path, .tooLarge(bytes: index.reader.identity.size))
        }
        let json = try index.reader.bytes(count: Int(index.reader.identity.size), at: 0)
        let map: ShardIndex
        do { map = try ShardIndex(json: json, suffix: ".bin") } catch {
            throw .badIndex(file: index.reader.path, error)
        }
        var files: [Named] = []
        for name in map.fileNames {
            guard let reader = try openIfPresent(name) else {
                throw .badIndex(file: index.reader.path, .missingFile(name))
            }
            files.append((name, reader))
        }
        return (files, index, map)
    }

    private func openSlices() throws(CheckpointError) -> [(
        name: String, reader: FileReader, header: SafetensorsHeader
    )] {
        let slices = names.filter { SafetensorsSlices.rank(ofFile: $0) != nil }
        guard slices.count <= TorchLimits.files else { throw .pieces(directory: directory, .tooManyPieces) }
        var files: [(name: String, reader: FileReader, header: SafetensorsHeader)] = []
        for name in slices {
            let reader = try open(name).reader
            files.append((name, reader, try SafetensorsHeader(from: reader, allowsSlices: true)))
        }
        return files
    }

    private static func contents(
        of file: FileReader, _ number: Int
    ) throws(CheckpointError) -> [(name: String, tensor: TorchTensor, place: StridedBytes)] {
        let archive = try TorchArchive(file)
        var found: [(name: String, tensor: TorchTensor, place: StridedBytes)] = []
        for (name, tensor) in try archive.stateDictionary() {
            found.append((name, tensor, try archive.place(of: tensor.local, named: name, file: number)))
        }
        return found
    }

    private static func path(_ subfolder: String?, _ name: String) -> String {
        subfolder.map { FileTree.join($0, name) } ?? name
    }

    private func open(_ name: String) throws(CheckpointError) -> Named {
        do { return (name, try FileReader(path: FileTree.join(directory, name), calls: calls)) } catch {
            throw .file(error)
        }
    }

    private func openIfPresent(_ name: String) throws(CheckpointError) -> FileReader? {
        do { return try FileReader(path: FileTree.join(directory, name), calls: calls) } catch {
            if error.isVanished { return nil }
            throw .file(error)
        }
    }

    private func list(_ subfolder: String) throws(CheckpointError) -> [String] {
        do { return try FileTree(calls: calls).names(in: FileTree.join(directory, subfolder)) } catch {
            throw .file(error)
        }
    }

    private func piece<Result>(_ body: () throws(ShardProblem) -> Result) throws(CheckpointError) -> Result {
        do { return try body() } catch { throw .pieces(directory: directory, error) }
    }
}
