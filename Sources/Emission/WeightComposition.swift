import Checkpoints
import Files
import Vocabulary

/// Which numbers a predicted checkpoint is made of.
///
/// Tensors and their spread over files are those of `latest`. A tensor named in `displacement` is `anchor`'s plus
/// its movement, one of three axes (the experts of a layer) the movements of its matrices, which are named
/// `TENSOR[i]`; any other is that of `latest` or `base`, as the settings say. A tensor that does not move and does
/// not change its type is a copy, byte for byte.
public struct WeightComposition: Sendable {
    /// What movements are added to: the latest checkpoint for anchored predictions, the base for whole ones.
    public let anchor: any TensorSource
    public let latest: any TensorSource
    public let base: any TensorSource
    public let displacement: [TensorName: LowRankMatrix]
    /// Tensors in `displacement` also move by this multiple of their whole update `W_latest - W_base` (all ranks);
    /// 0: they don't.
    public let updateMultiple: Double
    /// Movements of single matrices of a tensor, by tensor and place.
    private let slices: [TensorName: [Int: LowRankMatrix]]

    public init(
        anchor: any TensorSource, latest: any TensorSource, base: any TensorSource,
        displacement: [TensorName: LowRankMatrix], updateMultiple: Double = 0
    ) {
        self.anchor = anchor
        self.latest = latest
        self.base = base
        self.displacement = displacement
        self.updateMultiple = updateMultiple
        var slices: [TensorName: [Int: LowRankMatrix]] = [:]
        for (name, matrix) in displacement {
            if let slice = name.slice { slices[slice.tensor, default: [:]][slice.index] = matrix }
        }
        self.slices = slices
    }

    func isMoved(_ name: TensorName) -> Bool {
        if let matrix = displacement[name] { return !matrix.components.isEmpty || updateMultiple != 0 }
        guard let matrices = slices[name] else { return false }
        return updateMultiple != 0 || matrices.values.contains { !$0.components.isEmpty }
    }

    /// The movement of one matrix of a tensor with three axes; nil: that matrix stays as it is.
    func movement(ofMatrix index: Int, of name: TensorName) -> LowRankMatrix? { slices[name]?[index] }

    /// Whether the tensor's matrices move, each by its own movement.
    func movesByMatrix(_ name: TensorName) -> Bool { displacement[name] == nil && slices[name] != nil }

    /// Where a tensor's numbers come from before it is moved.
    func source(of name: TensorName, _ settings: EmissionSettings) -> any TensorSource {
        if displacement[name] != nil || slices[name] != nil { return anchor }
        return settings.otherTensors == .latest ? latest : base
    }

    /// Every moved tensor exists, is readable and has the shape of its movement; every tensor has one shape.
    func check(_ settings: EmissionSettings) throws {
        for (name, matrix) in displacement.sorted(by: { $0.key < $1.key }) {
            let tensor = name.slice?.tensor ?? name
            guard let description = latest.description(of: tensor) else {
                // Says whether it is missing or of a type that is not read.
                _ = try latest.readRows(tensor, 0..<0)
                throw CheckpointError.missingTensor(tensor, directory: latest.directory)
            }
            for component in matrix.components
            where !fits(component, description.shape.dimensions, index: name.slice?.index) {
                throw EmissionError.wrongShape(
                    name, left: component.left.count, right: component.right.count, shape: description.shape)
            }
            if updateMultiple != 0 { try checkShape(of: description, in: base) }
        }
        for description in latest.tensors {
            try checkShape(of: description, in: source(of: description.name, settings))
        }
    }

    private func fits(_ component: RankOneComponent, _ sizes: [Int], index: Int?) -> Bool {
        let own = [component.left.count, component.right.count]
        guard let index else { return sizes == own }
        return sizes.count == 3 && index < sizes[0] && Array(sizes.dropFirst()) == own
    }

    private func checkShape(of description: TensorDescription, in source: any TensorSource) throws {
        guard let other = source.description(of: description.name) else {
            throw CheckpointError.missingTensor(description.name, directory: source.directory)
        }
        guard other.shape == description.shape else {
            throw EmissionError.differentShapes(description.name, other.shape, description.shape)
        }
    }

    /// What was opened is what was read. A source that was removed meanwhile was read to its end through its
    /// descriptors and is as good as one that is still there.
    func verifySources(_ settings: EmissionSettings) throws {
        let usesBase = settings.otherTensors == .base || updateMultiple != 0
        for source in [anchor, latest] + (usesBase ? [base] : []) {
            do throws(CheckpointError) { try source.verifyUnchanged() } catch {
                guard case .removedWhileReading = error else { throw error }
            }
        }
    }
}

/// The files of a composition with what each will hold, known before anything is written.
struct CompositionPlan {
    struct Shard {
        let fileName: String
        let tensors: [OutputTensor]
    }

    let shards: [Shard]
    /// `bfloat16`, ...: of most of the numbers that are written.
    let dtype: String
    /// Bytes of all tensors, without headers.
    let totalSize: Int64

    init(_ composition: WeightComposition, _ settings: EmissionSettings) {
        let others = Dictionary(uniqueKeysWithValues: composition.latest.otherTensors.map { ($0.name, $0) })
        var counts: [ElementType: Int] = [:]
        let source = composition.latest.shards
        shards = source.enumerated().map { number, shard in
            let tensors = shard.tensors.compactMap { name -> OutputTensor? in
                guard let description = composition.latest.description(of: name) else {
                    return others[name].map { OutputTensor($0) }
                }
                let type = settings.dtype.written(description.elementType)
                counts[type, default: 0] += description.shape.elementCount
                return OutputTensor(TensorDescription(name: name, elementType: type, shape: description.shape))
            }
            return Shard(fileName: Self.fileName(shard.fileName, number + 1, of: source.count), tensors: tensors)
        }
        let commonest = counts.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key ?? .float32
        dtype = Self.configurationName(commonest)
        totalSize = shards.reduce(0) { $0 + $1.tensors.reduce(0) { $0 + Int64($1.byteCount) } }
    }

    /// The source's own name where servers know it; they load `consolidated...` and `adapter_...` as something else.
    private static func fileName(_ name: String, _ number: Int, of count: Int) -> String {
        if name == "model.safetensors" && count == 1 || name.wholeMatch(of: /model-\d{5}-of-\d{5}\.safetensors/) != nil
        {
            return name
        }
        func padded(_ value: Int) -> String { String(repeating: "0", count: max(0, 5 - "\(value)".count)) + "\(value)" }
        return count == 1 ? "model.safetensors" : "model-\(padded(number))-of-\(padded(count)).safetensors"
    }

    /// As `config.json` writes it.
    static func configurationName(_ type: ElementType) -> String {
        switch type {
        case .bfloat16: "bfloat16"
        case .float16: "float16"
        case .float32: "float32"
        case .float64: "float64"
        }
    }

    /// `model.safetensors.index.json`: also beside a single file, since servers without it load whatever ends in
    /// `.safetensors`.
    func index() -> [UInt8] {
        var lines: [(TensorName, String)] = []
        for shard in shards {
            lines += shard.tensors.map {
                ($0.name, "    \(JSONText.quoted($0.name.text)): \(JSONText.quoted(shard.fileName))")
            }
        }
        let map = lines.sorted { $0.0 < $1.0 }.map(\.1).joined(separator: ",\n")
        return Array(
            "{\n  \"metadata\": {\n    \"total_size\": \(totalSize)\n  },\n  \"weight_map\": {\n\(map)\n  }\n}\n".utf8)
    }
}
