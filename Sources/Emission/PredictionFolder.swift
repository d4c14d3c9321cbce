import Files
import Vocabulary

extension PredictionFormat {
    var folderSuffix: String { self == .adapter ? "-adapter" : "" }
}

/// The names of published predictions: `step-00000240-from-00000120`, with `-adapter` for an adapter.
public enum PredictionFolder {
    /// The link to the newest prediction.
    public static let latest = "latest"

    public static func name(target: TrainingStep, from: TrainingStep, format: PredictionFormat = .full) -> String {
        "step-\(digits(target))-from-\(digits(from))" + format.folderSuffix
    }

    /// `step-00000240-rank-4`, with `-rescaled`: an observed checkpoint from its leading triplets. No prediction's name.
    static func name(reconstructing step: TrainingStep, rank: Int, isRescaled: Bool) -> String {
        "step-\(digits(step))-rank-\(rank)" + (isRescaled ? "-rescaled" : "")
    }

    /// Whether a name has this form; what is inside decides whether it is one of ours.
    static func isPredictionName(_ name: String) -> Bool {
        name.wholeMatch(of: /step-\d{8,}-from-\d{8,}(-adapter)?/) != nil
    }

    /// Eight digits at least, so that names sort as steps do.
    private static func digits(_ step: TrainingStep) -> String {
        let text = String(step.value)
        return String(repeating: "0", count: max(0, 8 - text.count)) + text
    }
}

/// Predictions that lie in an emit directory, as far as their manifests can be read.
struct PublishedPredictions {
    /// A manifest that is larger was not written by this program.
    private static let maximumManifestBytes: Int64 = 16 << 20

    let calls: FileSystemCalls
    private var tree: FileTree { FileTree(calls: calls) }

    init(calls: FileSystemCalls) { self.calls = calls }

    /// Nil where the folder has no manifest of this program.
    func manifest(in folder: String) throws(FileError) -> PredictionManifest? {
        let path = FileTree.join(folder, PredictionManifest.fileName)
        guard let status = try tree.status(of: path), status.kind == .regular,
            status.identity.size <= Self.maximumManifestBytes
        else { return nil }
        let reader: FileReader
        do { reader = try FileReader(path: path, calls: calls) } catch {
            if error.isVanished { return nil }
            throw error
        }
        return PredictionManifest(decoding: try reader.read(count: Int(reader.identity.size), at: 0))
    }

    /// Whether the folder holds exactly the files of its manifest, with their sizes.
    func isWhole(_ folder: String, _ manifest: PredictionManifest) throws(FileError) -> Bool {
        var found: [String: Int64] = [:]
        for entry in try tree.entries(of: folder) where entry.status.kind == .regular {
            found[entry.name] = entry.status.identity.size
        }
        return manifest.files.allSatisfy { found[$0.name] == $0.size }
    }

    /// Predictions of one run, newest first: by the time they were written, then by steps.
    func all(of run: String, in directory: String) throws(FileError) -> [(path: String, manifest: PredictionManifest)] {
        var found: [(path: String, manifest: PredictionManifest)] = []
        for entry in try tree.entries(of: directory)
        where entry.status.kind == .directory && PredictionFolder.isPredictionName(entry.name) {
            let path = FileTree.join(directory, entry.name)
            guard let manifest = try manifest(in: path), manifest.run == run else { continue }
            found.append((path, manifest))
        }
        return found.sorted { isNewer($0.manifest, than: $1.manifest) }
    }

    private func isNewer(_ left: PredictionManifest, than right: PredictionManifest) -> Bool {
        (left.createdAt, left.fromStep, left.targetStep) > (right.createdAt, right.fromStep, right.targetStep)
    }
}
