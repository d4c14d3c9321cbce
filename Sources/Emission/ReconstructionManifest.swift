import Checkpoints
import Files
import FoundationEssentials
import Vocabulary

/// `alpharl.json` of a reconstruction: an observed checkpoint from the leading triplets of its updates. Not a prediction,
/// and never taken for one. Written as a prediction's manifest is.
public struct ReconstructionManifest: Hashable, Sendable, Codable {
    public static let currentSchemaVersion = 1

    public let schemaVersion: Int
    /// Always `reconstruction`; predictions have no such key.
    public let kind: String
    public let baseFingerprint: String
    /// The observed step, and the folder that it was read from.
    public let step: TrainingStep
    public let checkpoint: String
    /// Triplets kept of each module's update, at most.
    public let rank: Int
    /// Whether each module's triplets were scaled to the norm of its whole update.
    public let isRescaled: Bool
    public let modules: Int
    /// Share of the update in the triplets before they were scaled: squared Frobenius norms summed over the modules, 0...1.
    public let updateShare: Double
    /// Modules with a triplet that the solver gave up on.
    public let unconvergedModules: Int
    public let dtype: String
    /// All but the manifest itself, by name.
    public let files: [PredictionManifest.File]
    public let program: ProgramIdentity
    /// RFC 3339, UTC, whole seconds.
    public let createdAt: String

    enum CodingKeys: String, CodingKey {
        case schemaVersion = "schema_version"
        case kind
        case baseFingerprint = "base_fingerprint"
        case step, checkpoint, rank
        case isRescaled = "rescaled"
        case modules
        case updateShare = "update_share"
        case unconvergedModules = "unconverged_modules"
        case dtype, files, program
        case createdAt = "created_at"
    }

    init(_ request: ReconstructionRequest, dtype: String, files: [PublishedFile], program: ProgramIdentity) {
        schemaVersion = Self.currentSchemaVersion
        kind = "reconstruction"
        baseFingerprint = request.baseFingerprint
        step = request.step
        checkpoint = request.checkpoint
        rank = request.rank
        isRescaled = request.isRescaled
        modules = request.composition.displacement.count
        updateShare = request.updateShare
        unconvergedModules = request.unconvergedModules
        self.dtype = dtype
        self.files = files.map(PredictionManifest.File.init).sorted { $0.name < $1.name }
        self.program = program
        createdAt = request.createdAt.formatted(.iso8601)
    }

    public func encoded() throws(EmissionError) -> [UInt8] { try ManifestText.encode(self) }
}

/// How every manifest is written: sorted keys, indented, one newline at the end.
enum ManifestText {
    static func encode(_ manifest: some Encodable) throws(EmissionError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do { return [UInt8](try encoder.encode(manifest)) + [UInt8(ascii: "\n")] } catch {
            throw .badProvenance(reason: "a number in it is not finite (\(error))")
        }
    }
}
