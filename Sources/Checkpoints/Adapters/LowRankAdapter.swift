import Files
import Vocabulary

/// A LoRA adapter as PEFT saves it: for each module two thin matrices, of which `scale B A` is added to the base's
/// weight. Nothing of the base is needed to open one; see `placed(on:)` for what it means there.
public struct LowRankAdapter: Sendable {
    public static let configurationName = "adapter_config.json"
    public static let weightsName = "adapter_model.safetensors"

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

    /// An adapter whose tensors come from anywhere, under PEFT's names.
    ///
    /// - Throws: `AdapterProblem` for a tensor that is no matrix of a pair, and for a pair that does not fit together.
    public init(source: any TensorSource, settings: AdapterSettings) throws(AdapterProblem) {
        struct Place: Hashable { let path: String, depth: Int, isEmbedding: Bool }
        var downs: [Place: TensorDescription] = [:]
        var ups: [Place: TensorDescription] = [:]
        var copies: [(path: String, tensor: TensorDescription)] = []
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

    /// Opens `adapter_model.safetensors` with its configuration. Nil where there is no such file.
    ///
    /// - Throws: `CheckpointError.badAdapter` and those of a damaged file.
    public static func open(
        directory: String, calls: FileSystemCalls = .system, caching: PageCaching = .dropAfterReading
    ) throws(CheckpointError) -> LowRankAdapter? {
        let weightsPath = FileTree.join(directory, weightsName)
        guard let weights = try CheckpointReader.openIfPresent(weightsPath, calls) else { return nil }
        let configurationPath = FileTree.join(directory, configurationName)
        guard let configuration = try CheckpointReader.openIfPresent(configurationPath, calls) else {
            throw .badAdapter(file: weightsPath, .noConfiguration)
        }
        let settings = try readSettings(configuration)
        let header = try SafetensorsHeader(from: weights)
        let source = try SafetensorsSource(
            directory: directory, weights: [(weightsName, weights, header)], index: (configurationName, configuration),
            caching: caching)
        do { return try LowRankAdapter(source: source, settings: settings) } catch {
            throw .badAdapter(file: weightsPath, error)
        }
    }

    private static func readSettings(_ reader: FileReader) throws(CheckpointError) -> AdapterSettings {
        guard reader.identity.size <= Int64(AdapterSettings.largestFile) else {
            throw .badAdapter(file: reader.path, .tooLarge(bytes: reader.identity.size))
        }
        let json = try reader.bytes(count: Int(reader.identity.size), at: 0)
        do { return try AdapterSettings(json: json) } catch { throw .badAdapter(file: reader.path, error) }
    }
}
