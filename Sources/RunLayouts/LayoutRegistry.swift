public import Files

/// The layouts there are. A new one is a line here.
public enum LayoutRegistry {
    public static let all: [any RunLayout] = layouts(calls: .system)

    static func layouts(calls: FileSystemCalls) -> [any RunLayout] {
        [
            HuggingFaceLayout(calls: calls), VerlLayout(calls: calls), OpenRLHFLayout(calls: calls),
            PrimeRLLayout(calls: calls), NeMoRLLayout(calls: calls), SlimeLayout(calls: calls),
            AReaLLayout(calls: calls),
            TorchtuneLayout(calls: calls), TorchtitanLayout(calls: calls), AlphaRLLayout(calls: calls),
            RELEXLayout(calls: calls), PEFTLayout(calls: calls),
        ]
    }

    /// What `run.layout` may say.
    public static let names = ["auto"] + all.map(\.name.text) + ["pattern"]

    /// The layout that the configuration asks for; nil for `auto`, which `detect` finds.
    ///
    /// - Parameters:
    ///   - name: `run.layout`.
    ///   - pattern: `run.pattern`; with one, `auto` means it.
    public static func layout(
        named name: String, pattern: String = "", calls: FileSystemCalls = .system
    ) throws(LayoutError) -> (any RunLayout)? {
        if !pattern.isEmpty, name == "auto" || name == "pattern" {
            return PatternLayout(pattern: try StepPattern(pattern), calls: calls)
        }
        if name == "auto" { return nil }
        if name == "pattern" { throw .patternMissing }
        guard let layout = layouts(calls: calls).first(where: { $0.name.text == name }) else {
            throw .unknownLayout(name: name, known: names)
        }
        guard pattern.isEmpty else { throw .patternBesideLayout(name: name) }
        return layout
    }

    /// Finds out which layout a run's folder has, and why. See `Detection`.
    public static func detect(in root: String, calls: FileSystemCalls = .system) -> Detection {
        Detection(in: root, layouts: layouts(calls: calls), calls: calls)
    }
}
