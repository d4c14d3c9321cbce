import Files
import Vocabulary

/// A LoRA adapter as PEFT saves it: for each module two thin matrices, of which `scale B A` is added to the base's
/// weight. Nothing of the base is needed to open one; see `placed(on:)` for what it means there.
public struct LowRankAdapter: Sendable {
    public static let configurationName = "adapter_config.json"
    /// Where PEFT puts the matrices; the first that is there counts, as it does for PEFT.
    public static let weightsNames = ["adapter_model.safetensors", "adapter_model.bin"]

    /// The two matrices of one wrapper.
    struct Pair: Hashable, Sendable {
        let path: String
        /// 0 for the outermost wrapper of a module.
        let depth: Int
        let isEmbedding: Bool
        let down: TensorDescription
        let up: TensorDescription

        /// r of the whole stack: of all experts together where there are several.
        var stackedRank: Int { down.shape.dimensions[0] }
        var inputs: Int { down.shape.dimensions[1] }
        var outputs: Int { up.shape.dimensions[0] }
    }

    public let source: any TensorSource
    public let settings: AdapterSettings
    /// In the order of the paths, the innermost wrapper of each first.
    let pairs: [Pair]
    /// Modules of which a copy of the base's weight lies beside their matrices.
    let copies: [(path: String, tensor: TensorDescription)]
    /// Tensors that were trained whole, by their names in the base.
    let wholes: [(name: TensorName, tensor: TensorDescription)]

    /// An adapter whose tensors come from anywhere, under PEFT's names.
    ///
    /// - Throws: `AdapterProblem` for a tensor that is no matrix of a pair, and for a pair that does not fit together.
    public init(source: any TensorSource, settings: AdapterSettings) throws(AdapterProblem) {
        struct Place: Hashable { let path: String, depth: Int, isEmbedding: Bool }
        var downs: [Place: TensorDescription] = [:]
        var ups: [Place: TensorDescription] = [:]
        var copies: [(path: String, tensor: TensorDescription)] = []
        var wholes: [(name: TensorName, tensor: TensorDescription)] = []
        if let other = source.otherTensors.first {
            throw .unexpectedTensor(other.name, reason: "whose numbers of type \(other.type.rawValue) are not read")
        }
        for tensor in source.tensors {
            let name = try AdapterTensorName(tensor.name)
            let isEmbedding = name.role == .embeddingDown || name.role == .embeddingUp
            let place = Place(path: name.path, depth: name.depth, isEmbedding: isEmbedding)
            let other: TensorDescription?
            switch name.role {
            case .down, .embeddingDown: other = downs.updateValue(tensor, forKey: place)
            case .up, .embeddingUp: other = ups.updateValue(tensor, forKey: place)
            case .copyOfBase:
                copies.append((name.path, tensor))
                other = nil
            case .whole:
                wholes.append((TensorName(name.path), tensor))
                other = nil
            }
            if other != nil { throw .unexpectedTensor(tensor.name, reason: "a second matrix for the same place") }
        }
        var pairs: [Pair] = []
        for (place, down) in downs {
            guard let up = ups.removeValue(forKey: place) else {
                throw .unexpectedTensor(down.name, reason: "an A without its B")
            }
            let pair = Pair(path: place.path, depth: place.depth, isEmbedding: place.isEmbedding, down: down, up: up)
            try Self.check(pair)
            pairs.append(pair)
        }
        if let left = ups.values.map(\.name).min() { throw .unexpectedTensor(left, reason: "a B without its A") }
        guard !pairs.isEmpty else { throw .noPairs }
        self.source = source
        self.settings = settings
        self.copies = copies.sorted { $0.path < $1.path }
        self.wholes = wholes.sorted { $0.name < $1.name }
        self.pairs = pairs.sorted { ($0.path, $1.depth) < ($1.path, $0.depth) }
    }

    private static func check(_ pair: Pair) throws(AdapterProblem) {
        func refuse(_ reason: String) -> AdapterProblem {
            .wrongShapes(pair.down.name, pair.down.shape, pair.up.name, pair.up.shape, reason: reason)
        }
        guard pair.down.shape.isMatrix, pair.up.shape.isMatrix else { throw refuse("they are not matrices") }
        guard pair.down.shape.elementCount > 0, pair.up.shape.elementCount > 0 else { throw refuse("one is empty") }
        guard pair.stackedRank == pair.up.shape.dimensions[1] else { throw refuse("their ranks differ") }
    }

    /// Opens `adapter_model.safetensors`, or the `adapter_model.bin` of `torch.save`, with its configuration. Nil where
    /// there is neither.
    ///
    /// - Throws: `CheckpointError.badAdapter` and those of a damaged file.
    public static func open(
        directory: String, calls: FileSystemCalls = .system, caching: PageCaching = .dropAfterReading
    ) throws(CheckpointError) -> LowRankAdapter? {
        guard let (weightsName, weights) = try openWeights(in: directory, calls) else { return nil }
        let weightsPath = FileTree.join(directory, weightsName)
        let configurationPath = FileTree.join(directory, configurationName)
        guard let configuration = try CheckpointReader.openIfPresent(configurationPath, calls) else {
            throw .badAdapter(file: weightsPath, .noConfiguration)
        }
        let settings = try readSettings(configuration)
        let side = (name: configurationName, reader: configuration)
        let source: any TensorSource
        if weightsName.hasSuffix(".bin") {
            source = try TorchFolder.archiveSource(directory, [(weightsName, weights)], side, nil, caching)
        } else {
            let header = try SafetensorsHeader(from: weights)
            source = try SafetensorsSource(
                directory: directory, weights: [(weightsName, weights, header)], index: side, caching: caching)
        }
        do { return try LowRankAdapter(source: source, settings: settings) } catch {
            throw .badAdapter(file: weightsPath, error)
        }
    }

    private static func openWeights(
        in directory: String, _ calls: FileSystemCalls
    ) throws(CheckpointError) -> (name: String, reader: FileReader)? {
        for name in weightsNames {
            if let reader = try CheckpointReader.openIfPresent(FileTree.join(directory, name), calls) {
                return (name, reader)
            }
        }
        return nil
    }

    private static func readSettings(_ reader: FileReader) throws(CheckpointError) -> AdapterSettings {
        guard reader.identity.size <= Int64(AdapterSettings.largestFile) else {
            throw .badAdapter(file: reader.path, .tooLarge(bytes: reader.identity.size))
        }
        let json = try reader.bytes(count: Int(reader.identity.size), at: 0)
        do { return try AdapterSettings(json: json) } catch { throw .badAdapter(file: reader.path, error) }
    }
}
