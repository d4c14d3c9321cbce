import Files
import FoundationEssentials
import Vocabulary

/// `alpharl.json`, the provenance of a prediction. Written with sorted keys, indented, and one newline at the end:
/// the same values are the same bytes.
public struct PredictionManifest: Hashable, Sendable, Codable {
    public static let fileName = "alpharl.json"
    public static let currentSchemaVersion = 1

    public struct File: Hashable, Sendable, Codable {
        public let name: String
        /// Bytes.
        public let size: Int64
        /// 64 hexadecimal digits.
        public let sha256: String

        public init(_ file: PublishedFile) {
            (name, size, sha256) = (file.name, file.size, file.sha256.hexadecimal)
        }
    }

    public let schemaVersion: Int
    public let run: String
    public let baseFingerprint: String
    /// As `PredictionFormat` writes it; a manifest of a newer program may name a form that is not known here.
    public let format: String
    public let targetStep: TrainingStep
    public let fromStep: TrainingStep
    public let sourceSteps: [PredictionProvenance.SourceStep]
    public let model: ModelName
    public let anchor: PredictionAnchor
    /// The step whose weights were read for the anchor: not `fromStep` where the trainer had removed that one; 0: the base.
    public let anchorStep: TrainingStep
    public let horizon: Double
    public let confidence: Double
    public let confidenceParts: [PredictionProvenance.ConfidencePart]
    public let dtype: String
    public let forced: Bool
    /// All but the manifest itself, by name.
    public let files: [File]
    public let program: ProgramIdentity
    /// RFC 3339, UTC, whole seconds.
    public let createdAt: String
    /// Of an adapter only.
    public let adapter: AdapterDescription?

    enum CodingKeys: String, CodingKey {
        case schemaVersion = "schema_version"
        case run
        case baseFingerprint = "base_fingerprint"
        case format
        case targetStep = "target_step"
        case fromStep = "from_step"
        case sourceSteps = "source_steps"
        case model, anchor
        case anchorStep = "anchor_step"
        case horizon, confidence
        case confidenceParts = "confidence_parts"
        case dtype, forced, files, program
        case createdAt = "created_at"
        case adapter
    }

    public init(
        provenance: PredictionProvenance, anchorStep: TrainingStep, format: PredictionFormat, dtype: String,
        files: [PublishedFile], program: ProgramIdentity, createdAt: Date, adapter: AdapterDescription? = nil
    ) {
        schemaVersion = Self.currentSchemaVersion
        run = provenance.run
        baseFingerprint = provenance.baseFingerprint
        self.format = format.rawValue
        targetStep = provenance.targetStep
        fromStep = provenance.fromStep
        sourceSteps = provenance.sourceSteps
        model = provenance.model
        anchor = provenance.anchor
        self.anchorStep = anchorStep
        horizon = provenance.horizon
        confidence = provenance.confidence
        confidenceParts = provenance.confidenceParts
        self.dtype = dtype
        forced = provenance.isForced
        self.files = files.map(File.init).sorted { $0.name < $1.name }
        self.program = program
        self.createdAt = createdAt.formatted(.iso8601)
        self.adapter = adapter
    }

    public func encoded() throws(EmissionError) -> [UInt8] { try ManifestText.encode(self) }

    /// Nil where the bytes are not a manifest of a version that is known here.
    public init?(decoding bytes: [UInt8]) {
        guard let manifest = try? JSONDecoder().decode(PredictionManifest.self, from: Data(bytes)),
            manifest.schemaVersion == Self.currentSchemaVersion
        else { return nil }
        self = manifest
    }

    /// Whether it says the same of where the prediction comes from; when and by which version it was written, and
    /// what its files hash to, may differ.
    public func matches(_ provenance: PredictionProvenance, as format: PredictionFormat) -> Bool {
        self.format == format.rawValue && run == provenance.run && baseFingerprint == provenance.baseFingerprint
            && targetStep == provenance.targetStep
            && fromStep == provenance.fromStep && sourceSteps == provenance.sourceSteps && model == provenance.model
            && anchor == provenance.anchor && horizon == provenance.horizon && confidence == provenance.confidence
            && confidenceParts == provenance.confidenceParts && forced == provenance.isForced
    }
}
