import ConfigurationFile
import Files
import RunLayouts

/// Which layout the run has: the configured one, or the one that its folder shows.
struct RunLayoutChoice: Sendable {
    private let configured: (any RunLayout)?
    private let calls: FileSystemCalls

    /// - Throws: `LayoutError` for a name or a pattern that cannot be used.
    init(_ configuration: RunConfiguration, calls: FileSystemCalls) throws(LayoutError) {
        configured = try LayoutRegistry.layout(
            named: configuration.run.layout, pattern: configuration.run.pattern, calls: calls)
        self.calls = calls
    }

    /// - Returns: no layout, with the problem in words, where nothing is recognised yet or more than one fits.
    ///   `isFault`: the folder could not be looked at.
    func find(in root: String) -> (layout: (any RunLayout)?, note: String, problem: String?, isFault: Bool) {
        if let configured { return (configured, "\(configured.name), as configured", nil, false) }
        let detection = LayoutRegistry.detect(in: root, calls: calls)
        guard let layout = detection.layout else { return (nil, "", detection.explanation, detection.isFault) }
        return (layout, detection.explanation, nil, false)
    }

    /// The layout of that name, for a checkpoint that was found by it.
    func layout(named name: String) -> (any RunLayout)? {
        configured?.name.text == name ? configured : LayoutRegistry.all.first { $0.name.text == name }
    }
}
