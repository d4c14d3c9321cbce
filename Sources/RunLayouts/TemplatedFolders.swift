import Files
import Vocabulary

/// Folders whose names end in the step, after any text of the user's: `hf_20`, `adapter-100`, `0000020`.
struct TemplatedFolders {
    let calls: FileSystemCalls

    /// - Parameters:
    ///   - isWanted: asked of the text before a number.
    ///   - isOurs: asked of a folder.
    /// - Throws: `LayoutError.severalRuns` where folders with different texts lie side by side.
    func listing(
        in root: String, layout: LayoutName, names isWanted: (_ template: String) -> Bool = { _ in true },
        where isOurs: (_ path: String) throws(LayoutError) -> Bool
    ) throws(LayoutError) -> CheckpointListing {
        let named = try StepFolders(calls: calls).list(in: root) { name in
            Self.parts(of: name).flatMap { isWanted($0.template) ? $0.step : nil }
        }
        var candidates: [CheckpointCandidate] = []
        var templates: Set<String> = []
        for folder in named.found {
            let path = FileTree.join(root, folder.name)
            guard let template = Self.parts(of: folder.name)?.template, try isOurs(path) else { continue }
            templates.insert(template)
            candidates.append(
                CheckpointCandidate(step: folder.step, directory: path, root: path, layout: layout, note: folder.note))
        }
        guard templates.count < 2 else { throw .severalRuns(root: root, names: templates.sorted()) }
        return CheckpointListing(candidates: candidates, ignored: [])
    }

    private static func parts(of folder: String) -> (template: String, step: Result<TrainingStep, StepNumber.Problem>)?
    {
        let digits = String(folder.reversed().prefix { $0.isASCII && $0.isNumber }.reversed())
        guard !digits.isEmpty else { return nil }
        return (
            String(folder.dropLast(digits.count)),
            Result { () throws(StepNumber.Problem) in try StepNumber.parse(digits, allowsLeadingZeros: true) }
        )
    }
}
