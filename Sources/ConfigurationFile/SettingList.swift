import Vocabulary

/// Every key there is, in the order of the file. A new key is a field of `RunConfiguration`, a line here and a
/// paragraph in config/alpharl.toml.
extension Setting {
    static let all: [Setting] = run + factors + forecast + confidence + emit + metrics + places + machine

    static let tables: [String] = {
        var seen: Set<String> = []
        return all.map(\.table).filter { seen.insert($0).inserted }
    }()

    private static let run: [Setting] = [
        .text(
            "run.name", \.run.name, expected: "1 to 64 letters, digits, '.', '_' or '-', not beginning with '.' or '-'",
            accepts: isName),
        .path("run.watch", \.run.watch, isRequired: true),
        .path("run.base", \.run.base, isRequired: true),
        .text("run.layout", \.run.layout, expected: "\"auto\" or the name of a layout") { !$0.isEmpty },
        .text("run.pattern", \.run.pattern),
    ]

    private static let factors: [Setting] = [
        .integer("factors.rank", \.factors.rank, in: 1...64),
        .list(
            "factors.include", \.factors.include, expected: "a list of at least one pattern, each text", from: patterns,
            to: { $0 }),
        .list(
            "factors.exclude", \.factors.exclude, expected: "a list of patterns, each text",
            from: { $0.contains("") ? nil : $0 }, to: { $0 }),
    ]

    private static let forecast: [Setting] = [
        .text("forecast.model", \.forecast.model, expected: "\"auto\" or the name of a model") { !$0.isEmpty },
        .integer("forecast.target_step", \.forecast.targetStep, in: 0...Int.max),
        .number("forecast.horizon", \.forecast.horizon, expected: "a number above 1, at most 100") {
            $0 > 1 && $0 <= 100
        },
        .number("forecast.target_accuracy", \.forecast.targetAccuracy, expected: "a number, at least 0") { $0 >= 0 },
        .integer("forecast.min_checkpoints", \.forecast.minimumCheckpoints, in: 3...10_000),
    ]

    private static let confidence: [Setting] = [
        .number("confidence.threshold", \.confidence.threshold, expected: "a number in 0...1") { (0...1).contains($0) },
        .integer("confidence.consecutive", \.confidence.consecutive, in: 1...100),
    ]

    private static let emit: [Setting] = [
        .path("emit.directory", \.emit.directory),
        .list(
            "emit.formats", \.emit.formats,
            expected: "a list of \(words(of: PredictionFormat.self)), at least one and none twice", from: formats,
            to: { $0.rawValue }),
        .choice("emit.dtype", \.emit.elementType),
        .choice("emit.other_tensors", \.emit.otherTensors),
        .integer("emit.keep", \.emit.keep, in: 1...1_000_000),
        .list(
            "emit.on_emit", \.emit.onEmit, expected: "a list of a command and its arguments, each text, or []",
            from: { $0.first?.isEmpty == true || $0.contains { $0.utf8.contains(0) } ? nil : $0 }, to: { $0 }),
        .converted(
            "emit.on_emit_timeout", \.emit.onEmitTimeout,
            expected: "a duration with units from \"1s\" to \"30d\", such as \"6h\" or \"1h30m\"", from: timeout,
            to: DurationText.format),
    ]

    private static let metrics: [Setting] = [
        metricsSource,
        .text("metrics.key", \.metrics.key),
        .number("metrics.step_scale", \.metrics.stepScale, expected: "a number above 0, at most 1000000") {
            $0 > 0 && $0 <= 1e6
        },
        .integer("metrics.step_offset", \.metrics.stepOffset, in: -1_000_000_000...1_000_000_000),
        .path("metrics.tensorboard", \.metrics.tensorboard, allowEmpty: true),
    ]

    private static let places: [Setting] = [
        .path("store.path", \.store.path),
        .path("socket.path", \.socket.path, longest: 107),
        .converted(
            "socket.mode", \.socket.mode, expected: "permission bits as octal text from \"0000\" to \"0777\"",
            from: { text in UInt32(text, radix: 8).flatMap { $0 <= 0o777 && text.first != "+" ? $0 : nil } },
            to: { String("0000" + String($0, radix: 8)).suffix(4).description }),
        .text("socket.group", \.socket.group),
    ]

    private static let machine: [Setting] = [
        .integer("resources.threads", \.resources.threads, in: 1...256),
        .converted(
            "resources.memory", \.resources.memory,
            expected: "a size with its unit of at least \"64MiB\", such as \"2GiB\"",
            remedy: "units are B, KiB, MiB, GiB, TiB (powers of 1024) and KB, MB, GB, TB (powers of 1000)",
            from: { ByteSize(text: $0).flatMap { $0.bytes >= 64 << 20 ? $0 : nil } }, to: \.description),
        .choice("log.level", \.log.level),
    ]

    /// A word, or a path: the only key that is either.
    private static let metricsSource: Setting = {
        let expected =
            "\"auto\", \"none\", \"trainer_state\", \"verl\", \"tensorboard\", a path ending in \".jsonl\", or a folder of "
            + "event files with a \"/\" in its path"
        return Setting(
            name: "metrics.source", shape: .text,
            apply: { value, context, configuration in
                guard case .text(let text) = value else { return Refusal(isWrongType: true, expected: expected) }
                if let source = MetricsSource(word: text) {
                    configuration.metrics.source = source
                    return nil
                }
                guard text.hasSuffix(".jsonl") else {
                    guard text.contains("/") else { return Refusal(expected: expected) }
                    return resolve(text, context, longest: 4095) { configuration.metrics.source = .events(path: $0) }
                }
                return resolve(text, context, longest: 4095) { configuration.metrics.source = .file(path: $0) }
            },
            current: { .text($0.metrics.source.text) })
    }()
}

/// The checks that are longer than a line.
extension Setting {
    /// A name that is safe in a path, in a socket's name and in a unit's instance.
    @Sendable static func isName(_ text: String) -> Bool {
        let plain = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2E || byte == 0x5F || byte == 0x2D
        }
        guard let first = text.utf8.first, first != 0x2E, first != 0x2D else { return false }
        return text.utf8.count <= 64 && text.utf8.allSatisfy(plain)
    }

    @Sendable private static func patterns(_ texts: [String]) -> [String]? {
        texts.isEmpty || texts.contains("") ? nil : texts
    }

    @Sendable private static func formats(_ texts: [String]) -> [PredictionFormat]? {
        let formats = texts.compactMap(PredictionFormat.init)
        let isComplete = !texts.isEmpty && formats.count == texts.count && Set(formats).count == formats.count
        return isComplete ? formats : nil
    }

    @Sendable private static func timeout(_ text: String) -> Duration? {
        guard let duration = DurationText.parse(text), duration >= .seconds(1) else { return nil }
        return duration <= .seconds(30 * 86_400) ? duration : nil
    }
}
