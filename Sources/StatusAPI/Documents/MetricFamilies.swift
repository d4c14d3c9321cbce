/// `GET /metrics`: what a monitoring system samples, in the terms of Prometheus.
public struct RunMetrics: Hashable, Sendable {
    /// The run's name: a label of every sample, so that several runs of a machine can be told apart.
    public var run: String
    public var families: [MetricFamily]

    public init(run: String, families: [MetricFamily]) {
        self.run = run
        self.families = families
    }
}

/// One metric with everything that is known of it now.
public struct MetricFamily: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case counter, gauge, histogram
    }

    public struct Sample: Hashable, Sendable {
        /// After the family's name, as a histogram has them; empty otherwise.
        public var suffix: String
        public var label: Label?
        public var value: Double

        public init(_ value: Double, _ label: Label? = nil, suffix: String = "") {
            self.suffix = suffix
            self.label = label
            self.value = value
        }
    }

    public struct Label: Hashable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var name: String
    public var help: String
    public var kind: Kind
    public var samples: [Sample]

    public init(_ name: String, _ help: String, _ kind: Kind, _ samples: [Sample]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.samples = samples
    }

    public static func gauge(_ name: String, _ help: String, _ value: Double?) -> MetricFamily {
        MetricFamily(name, help, .gauge, value.map { [Sample($0)] } ?? [])
    }

    public static func counter(_ name: String, _ help: String, _ value: Double) -> MetricFamily {
        MetricFamily(name, help, .counter, [Sample(value)])
    }

    /// One sample for each value of a label.
    public static func gauge(
        _ name: String, _ help: String, by label: String, _ values: [(String, Double)]
    ) -> MetricFamily {
        MetricFamily(name, help, .gauge, values.map { Sample($0.1, Label(label, $0.0)) })
    }

    /// - Parameters:
    ///   - bounds: upper ends of the buckets, ascending; the last one, without an end, is added.
    ///   - values: everything that was ever measured.
    public static func histogram(_ name: String, _ help: String, bounds: [Double], _ values: [Double]) -> MetricFamily {
        let buckets = (bounds + [.infinity]).map { bound in
            Sample(
                Double(values.count { $0 <= bound }), Label("le", PrometheusText.number(bound)), suffix: "_bucket")
        }
        let sum = values.reduce(0, +)
        return MetricFamily(
            name, help, .histogram,
            buckets + [Sample(sum, suffix: "_sum"), Sample(Double(values.count), suffix: "_count")])
    }
}

/// The text exposition format 0.0.4 of Prometheus.
public enum PrometheusText {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// HELP and TYPE for each family, also for those without a sample yet.
    public static func render(_ metrics: RunMetrics) -> String {
        metrics.families.map { family in
            let head =
                "# HELP \(family.name) \(escapedHelp(family.help))\n# TYPE \(family.name) \(family.kind.rawValue)\n"
            return head + family.samples.map { line(of: $0, family.name, metrics.run) }.joined()
        }.joined()
    }

    private static func line(of sample: MetricFamily.Sample, _ name: String, _ run: String) -> String {
        let labels = [MetricFamily.Label("run", run)] + [sample.label].compactMap(\.self)
        let text = labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
        return "\(name)\(sample.suffix){\(text)} \(number(sample.value))\n"
    }

    /// The shortest text that reads back as the same number; whole numbers without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { return "\(whole)" }
        return "\(value)"
    }

    private static func escapedHelp(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    private static func escaped(_ text: String) -> String { escapedHelp(text).replacing("\"", with: "\\\"") }
}
