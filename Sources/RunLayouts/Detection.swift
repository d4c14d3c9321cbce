import Files

/// Which layout a run's folder has, and why, in words for a person.
///
/// A layout fits when it finds folders of its names, and in one of the newest three something that tells its trainer
/// from others with the same names. If several fit, those count that have a checkpoint which is complete; if there still
/// is not exactly one, nothing is chosen and the explanation asks for `run.layout`.
public struct Detection: Sendable {
    /// What one layout has to say about the folder.
    public struct Finding: Sendable, CustomStringConvertible {
        public let layout: any RunLayout
        public let listing: CheckpointListing
        /// What tells this trainer, in words that fit after "recognised by"; nil where only the names fit.
        public let evidence: String?
        /// At least one checkpoint is complete.
        public let hasComplete: Bool
        /// Why the layout cannot be used here; nil where it can.
        public let problem: LayoutError?

        public var description: String {
            if let problem { return "\(layout.name): \(problem)" }
            guard let first = listing.candidates.first, let last = listing.candidates.last else {
                return "\(layout.name): no \(layout.shape)"
            }
            let span = first == last ? "step \(first.step)" : "steps \(first.step) to \(last.step)"
            let words = "\(layout.name): \(listing.candidates.count) folder(s), \(span)"
            let sign = evidence.map { ", recognised by \($0)" } ?? ", by their names alone"
            return words + sign + (hasComplete ? "; some are complete" : "; none of the newest is complete yet")
        }
    }

    /// Nil where nothing is found yet, or more than one fits.
    public let layout: (any RunLayout)?
    /// One for each layout, in the order of the registry.
    public let findings: [Finding]
    /// One sentence: what was chosen and why, or what to do.
    public let explanation: String
    /// Nothing is chosen because the folder could not be looked at.
    public var isFault: Bool {
        findings.contains { if case .file = $0.problem { layout == nil } else { false } }
    }

    /// Looks at names, and at the newest three candidates of each layout for whether they are complete.
    init(in root: String, layouts: [any RunLayout], calls: FileSystemCalls) {
        findings = layouts.map { Detection.look(root, $0) }
        let named = findings.filter { !$0.listing.candidates.isEmpty }
        let fitting = Detection.fitting(named)
        let complete = fitting.filter(\.hasComplete)
        if fitting.count == 1 || complete.count == 1, let chosen = fitting.count == 1 ? fitting.first : complete.first {
            layout = chosen.layout
            explanation = "\(chosen)" + Detection.others(fitting, than: chosen)
        } else if fitting.isEmpty {
            layout = nil
            explanation =
                findings.compactMap(\.problem).first?.description
                ?? (named.isEmpty ? Detection.nothing(in: root, layouts, calls) : Detection.unclear(named, root))
        } else {
            layout = nil
            explanation =
                "cannot tell the layout of \(root): got \(fitting.map(\.description).joined(separator: "; ")), expected "
                + "one; set run.layout"
        }
    }

    /// Those with evidence; a layout whose folders may be any trainer's only where it is the only one.
    private static func fitting(_ named: [Finding]) -> [Finding] {
        let fitting = named.filter { $0.evidence != nil }
        let own = fitting.filter { !$0.layout.countsOnlyAlone }
        return own.isEmpty ? fitting : own
    }

    private static func look(_ root: String, _ layout: any RunLayout) -> Finding {
        do {
            let listing = try layout.listing(in: root)
            var (evidence, hasComplete) = (String?.none, false)
            // One that cannot be looked at now (a bad sector) does not hide the others.
            for candidate in listing.candidates.suffix(3).reversed() {
                if evidence == nil { evidence = try? layout.evidence(in: candidate) }
                if case .complete = try? layout.completeness(of: candidate) { hasComplete = true }
            }
            return Finding(
                layout: layout, listing: listing, evidence: evidence, hasComplete: hasComplete, problem: nil)
        } catch {
            return Finding(layout: layout, listing: .empty, evidence: nil, hasComplete: false, problem: error)
        }
    }

    /// Names that several trainers use, and nothing in the folders that tells whose they are.
    private static func unclear(_ named: [Finding], _ root: String) -> String {
        let names = named.map { "\"\($0.layout.name)\"" }.joined(separator: " or ")
        let first = named.first?.listing.candidates.first.map { FileTree.split($0.root).name } ?? ""
        return
            "cannot tell the layout of \(root) yet: folders such as \(first) are named as by \(names), and nothing in "
            + "the newest ones tells which trainer wrote them; wait for the first save to end, or set run.layout"
    }

    private static func others(_ fitting: [Finding], than chosen: Finding) -> String {
        let others = fitting.filter { $0.layout.name != chosen.layout.name }
        guard !others.isEmpty else { return "" }
        return "; chosen over \(others.map(\.description).joined(separator: " and ")), because it alone has a complete "
            + "checkpoint; set run.layout if that is wrong"
    }

    /// Why nothing was found, as far as names tell.
    private static func nothing(in root: String, _ layouts: [any RunLayout], _ calls: FileSystemCalls) -> String {
        let entries: [FileTree.Entry]
        do { entries = try FileTree(calls: calls).entries(of: root) } catch {
            return error.isVanished ? "\(root) does not exist yet" : error.description
        }
        let folders = entries.filter { $0.status.kind == .directory }.map(\.name)
        if let hint = OtherTrainers.hint(root: root, folders: folders, names: entries.map(\.name)) { return hint }
        for folder in folders.prefix(64) {
            let path = FileTree.join(root, folder)
            // Only a hint: a folder that cannot be looked at gives none.
            for layout in layouts where (try? layout.candidates(in: path))?.isEmpty == false {
                return "no checkpoints in \(root), but \(folder) in it has some (\(layout.shape)); is run.watch = "
                    + "\"\(path)\" meant?"
            }
        }
        let shapes = layouts.map(\.shape).joined(separator: ", ")
        return "no checkpoints in \(root) yet (expected one of: \(shapes)); for other names set run.pattern"
    }
}
