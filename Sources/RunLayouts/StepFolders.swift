import Files
import Vocabulary

/// Finds the folders in a folder that name a step.
struct StepFolders {
    /// What a name says: nil where it has nothing to do with the layout.
    typealias Reading = (String) -> Result<TrainingStep, StepNumber.Problem>?

    struct Found {
        let step: TrainingStep
        let name: String
        /// What is left out in its favour; empty: nothing.
        var note = ""
    }

    let calls: FileSystemCalls

    /// Folders (and links to folders elsewhere) whose names `reading` understands. In step order, each step once; of
    /// two names for one step the first in byte order counts, and says so. Step 0 is the base and not listed.
    func list(
        in root: String, reading: Reading
    ) throws(LayoutError) -> (found: [Found], ignored: [CheckpointListing.Ignored]) {
        var found: [TrainingStep: Found] = [:]
        var ignored: [CheckpointListing.Ignored] = []
        for entry in try entries(of: root) where !TemporaryNames.isTemporary(entry.name) {
            guard let reading = reading(entry.name) else { continue }
            if let reason = reasonToIgnore(entry, in: root) {
                ignored.append(.init(name: entry.name, reason: reason))
                continue
            }
            switch reading {
            case .failure(let problem): ignored.append(.init(name: entry.name, reason: problem.description))
            case .success(let step) where step.value == 0:
                ignored.append(.init(name: entry.name, reason: "step 0 is the base, which has no update"))
            case .success(let step):
                if let first = found[step]?.name {
                    found[step]?.note = "\(entry.name) is left out: \(first) has the same step"
                    ignored.append(.init(name: entry.name, reason: "\(first) has the same step"))
                } else {
                    found[step] = Found(step: step, name: entry.name)
                }
            }
        }
        return (found.values.sorted { $0.step < $1.step }, ignored)
    }

    /// The same as a listing, with the folder of the weights in each.
    func listing(
        in root: String, layout: LayoutName, reading: Reading, directory: (String) throws(LayoutError) -> String
    ) throws(LayoutError) -> CheckpointListing {
        let (found, ignored) = try list(in: root, reading: reading)
        var candidates: [CheckpointCandidate] = []
        for folder in found {
            let path = FileTree.join(root, folder.name)
            candidates.append(
                CheckpointCandidate(
                    step: folder.step, directory: try directory(path), root: path, layout: layout, note: folder.note))
        }
        return CheckpointListing(candidates: candidates, ignored: ignored)
    }

    /// Nothing where there is no such folder (yet).
    func entries(of folder: String) throws(LayoutError) -> [FileTree.Entry] {
        do { return try FileTree(calls: calls).entries(of: folder) } catch {
            if error.isVanished { return [] }
            throw .file(error)
        }
    }

    /// A link is as good as a folder, but for one to a neighbour, which is a second name like `latest`.
    private func reasonToIgnore(_ entry: FileTree.Entry, in root: String) -> String? {
        let tree = FileTree(calls: calls)
        let path = FileTree.join(root, entry.name)
        switch entry.status.kind {
        case .directory: return nil
        case .regular, .other: return "it is \(entry.status.kind.rawValue), not a folder"
        case .symbolicLink:
            do {
                guard try tree.status(of: path, followingLinks: true)?.kind == .directory else {
                    return "it is a symbolic link to nothing, or to something that is not a folder"
                }
                let target = FileTree.split(try tree.resolve(path))
                guard try target.folder == tree.resolve(root) else { return nil }
                return "it is a symbolic link to \(target.name) beside it, not a step of its own"
            } catch {
                // Whatever is wrong with one link (gone, a circle, forbidden) is its own affair.
                return "it is a symbolic link that cannot be followed: \(error)"
            }
        }
    }
}
