import Vocabulary

/// Everything that a person can decide about one run: one value, with a default for all but two keys.
///
/// Each nested struct is one table of the TOML file; the file's names are the Swift names in snake_case. A value built
/// in code (`RunConfiguration(watch:base:)`) has the same defaults as a file that sets only those two keys. All paths
/// are absolute or relative to the process's directory; those read from a file were made absolute.
public struct RunConfiguration: Sendable, Equatable {
    public var run: Run
    public var factors = Factors()
    public var forecast = Forecast()
    public var confidence = Confidence()
    public var emit: Emit
    public var metrics = Metrics()
    public var store: Store
    public var socket: Socket
    public var resources = Resources()
    public var log = Log()
    /// Where each value came from, by key (`run.watch`). A key that is absent has its default.
    public internal(set) var origins: [String: ConfigurationOrigin] = [:]

    /// A configuration made in code: what `predict`, `reconstruct` and tests need, without a file.
    ///
    /// - Parameters:
    ///   - watch: the trainer's output directory.
    ///   - base: the weights that the run started from.
    ///   - name: the run's name; the last part of `watch` where nothing is said.
    ///   - places: where store, predictions and socket lie; the process's directory where nothing is said.
    public init(watch: String, base: String, name: String? = nil, places: DefaultPlaces? = nil) {
        let name = name ?? PathRules.lastComponent(of: watch)
        let places = places ?? DefaultPlaces(environment: [:], configurationDirectory: ".", runName: name)
        run = Run(name: name, watch: watch, base: base)
        emit = Emit(directory: places.predictions)
        store = Store(path: places.store)
        socket = Socket(path: places.socket)
    }

    /// `[run]`: which training job.
    public struct Run: Sendable, Equatable {
        /// Letters, digits, `.`, `_`, `-`; at most 64. Names the socket and the folders of the default places.
        public var name: String
        public var watch: String
        public var base: String
        /// `auto`, or the name of one layout.
        public var layout = "auto"
        /// A regular expression with one group, the step; empty: none.
        public var pattern = ""
    }

    /// `[factors]`: what is kept of each checkpoint.
    public struct Factors: Sendable, Equatable {
        /// Triplets kept for each module, 1...64.
        public var rank = 4
        public var include = ModuleFilter.defaultInclude
        public var exclude = ModuleFilter.defaultExclude

        public var filter: ModuleFilter { ModuleFilter(include: include, exclude: exclude) }
    }

    /// `[forecast]`: what is predicted, and how far.
    public struct Forecast: Sendable, Equatable {
        /// `auto`, or the name of one trajectory model.
        public var model = "auto"
        /// In optimizer steps; 0: not fixed.
        public var targetStep = 0
        /// Multiple of the last step, above 1 and at most 100.
        public var horizon = 2.0
        /// 0: off.
        public var targetAccuracy = 0.0
        /// 3...10000.
        public var minimumCheckpoints = 6
    }

    /// `[confidence]`: when a forecast is believed.
    public struct Confidence: Sendable, Equatable {
        /// 0...1.
        public var threshold = 0.5
        /// Checkpoints in a row at or above the threshold, 1...100.
        public var consecutive = 2
    }

    /// `[emit]`: what is written when it is.
    public struct Emit: Sendable, Equatable {
        public var directory: String
        /// At least one, none twice.
        public var formats: [PredictionFormat] = [.full]
        public var elementType = OutputElementType.same
        public var otherTensors = OtherTensorsSource.latest
        /// Predictions kept, 1...1000000; older ones are removed.
        public var keep = 3
        /// Command and arguments; empty: none.
        public var onEmit: [String] = []
        /// 1 s...30 d.
        public var onEmitTimeout = Duration.seconds(6 * 3600)
    }

    /// `[metrics]`: where accuracies come from.
    public struct Metrics: Sendable, Equatable {
        public var source = MetricsSource.auto
        /// Empty: the first known one.
        public var key = ""
        /// Checkpoint step = metric step * scale + offset; above 0.
        public var stepScale = 1.0
        public var stepOffset = 0
        /// Directory for event files of our own; empty: none.
        public var tensorboard = ""
    }

    /// `[store]`: the database.
    public struct Store: Sendable, Equatable {
        public var path: String
    }

    /// `[socket]`: who may ask.
    public struct Socket: Sendable, Equatable {
        /// At most 107 bytes (the kernel's limit for the address of a Unix socket).
        public var path: String
        /// Permission bits, 0...0o777.
        public var mode: UInt32 = 0o660
        /// Members may change state; empty: no group.
        public var group = ""
    }

    /// `[resources]`: what the daemon may use.
    public struct Resources: Sendable, Equatable {
        /// 1...256.
        public var threads = 2
        /// Upper bound for buffers, at least 64 MiB.
        public var memory = ByteSize(bytes: 2 << 30)
    }

    /// `[log]`.
    public struct Log: Sendable, Equatable {
        public var level = LogLevel.info
    }
}

/// Where a value of the configuration came from.
public enum ConfigurationOrigin: Sendable, Equatable, CustomStringConvertible {
    case defaultValue
    /// The line of the file, counted from 1.
    case file(line: Int)
    case environment(variable: String)

    public var description: String {
        switch self {
        case .defaultValue: "default"
        case .file(let line): "file, line \(line)"
        case .environment(let variable): "environment, \(variable)"
        }
    }
}
