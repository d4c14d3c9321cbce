import Checkpoints
import ConfigurationFile
import Files
import RunLayouts

/// What `doctor` says of a run's folder: whose folders they are and why, what is left out, how the newest checkpoint stands.
struct LayoutReport {
    enum Line: Equatable {
        case ok(String)
        case note(String)
    }

    private(set) var lines: [Line] = []

    /// - Throws: `LayoutError` for a layout or a pattern that cannot be used.
    init(_ configuration: RunConfiguration) throws(LayoutError) {
        let root = configuration.run.watch
        let configured = try LayoutRegistry.layout(
            named: configuration.run.layout, pattern: configuration.run.pattern)
        let detection = LayoutRegistry.detect(in: root)
        if let configured {
            lines.append(.ok("layout: \(configured.name), as configured (\(configured.shape))"))
            if let seen = detection.layout, seen.name != configured.name {
                lines.append(.note("by itself it would be taken for \(detection.explanation)"))
            }
        } else {
            lines.append(
                detection.layout == nil ? .note(detection.explanation) : .ok("layout: \(detection.explanation)"))
            describeOthers(detection)
        }
        guard let layout = configured ?? detection.layout else { return }
        try describe(layout, in: root)
    }

    /// Layouts whose names fit too.
    private mutating func describeOthers(_ detection: Detection) {
        for finding in detection.findings
        where finding.layout.name != detection.layout?.name && !finding.listing.candidates.isEmpty {
            lines.append(.note("not taken: \(finding)"))
        }
    }

    private mutating func describe(_ layout: any RunLayout, in root: String) throws(LayoutError) {
        let listing = try layout.listing(in: root)
        for ignored in listing.ignored.prefix(5) {
            lines.append(.note("\(ignored.name) is left out: \(ignored.reason)"))
        }
        if listing.ignored.count > 5 { lines.append(.note("\(listing.ignored.count - 5) more names are left out")) }
        guard let newest = listing.candidates.last else {
            return lines.append(.note("no checkpoints in \(root) yet (expected \(layout.shape))"))
        }
        let step = "newest checkpoint, step \(newest.step)"
        let completeness = try layout.completeness(of: newest)
        describe(completeness, of: step, layout)
        if case .complete = completeness { describeForm(of: newest) }
    }

    /// In which form its weights are read, and from where.
    private mutating func describeForm(of candidate: CheckpointCandidate) {
        do {
            let form = try StoredCheckpoint.open(directory: candidate.directory).form
            lines.append(.ok("read as \(form), from \(candidate.directory)"))
        } catch { lines.append(.note("it cannot be opened: \(error)")) }
    }

    private mutating func describe(
        _ completeness: CheckpointCompleteness, of step: String, _ layout: any RunLayout
    ) {
        switch completeness {
        case .complete(_, .marked): lines.append(.ok("\(step): complete, its save has ended"))
        case .complete(_, .unmarked):
            lines.append(
                .ok("\(step): complete by its files; \(layout.name) has no end marker, so it has to come to rest"))
        case .complete(_, .doubtful(let reason)):
            lines.append(.ok("\(step): complete by its files, and watched longer: \(reason)"))
        case .incomplete(let reason): lines.append(.note("\(step): not complete: \(reason)"))
        case .gone(let reason): lines.append(.note("\(step): gone: \(reason)"))
        case .notReadable(let reason): lines.append(.note("\(step): not readable: \(reason)"))
        case .unusable(let reason): lines.append(.note("\(step): not usable: \(reason)"))
        case .ours: lines.append(.note("\(step): a prediction of this program, never learned from"))
        }
    }
}
