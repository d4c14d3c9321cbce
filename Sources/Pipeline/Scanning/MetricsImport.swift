import ConfigurationFile
import Files
import LogEvents
import Logging
import RunLayouts

/// Follows the log that `metrics.source` names, or that the run's trainer writes: rows come after the checkpoints that
/// they belong to, and a trainer that is started again may begin its log anew, so that our own copy is in the store.
struct MetricsImport: Sendable {
    private var followed: FollowedLog?
    /// What `followed` was found for; looked for again when it changes.
    private var source = MetricsSource.none
    private var told: Set<String> = []
    /// Why nothing is found, while that is so.
    private var missing: String?

    /// Why the trainer's accuracies are not known, or not all of them; nil where nothing stands in the way.
    var problem: String? { followed?.problem ?? missing }

    /// - Parameter layout: the run's, nil while it is not known.
    /// - Throws: `StoreError`. What cannot be read is told in the log and tried again.
    mutating func importNew(_ context: RunContext, layout: LayoutName?) throws {
        let wanted = context.configuration.metrics.source
        if source != wanted { (followed, source) = (nil, wanted) }
        missing = nil
        if followed == nil {
            do {
                followed = try find(wanted, context, layout).map(FollowedLog.init)
                if followed == nil { tellMissing(wanted, context) }
            } catch {
                tell("\(error)", context)
            }
        }
        try followed?.importNew(context)
    }

    /// What was asked for by its kind is said to be missing; what was not asked for is not missed.
    private mutating func tellMissing(_ source: MetricsSource, _ context: RunContext) {
        let root = context.configuration.run.watch
        switch source {
        case .verl:
            tell(
                "no log of verl's file logger found from \(root) (looked for PROJECT/EXPERIMENT.jsonl beside checkpoints/, and "
                    + "for one .jsonl file in it); set metrics.source to its path", context)
        case .tensorboard:
            tell("no event files below \(root) yet; set metrics.source to their folder if they are elsewhere", context)
        default: break
        }
    }

    private mutating func tell(_ reason: String, _ context: RunContext) {
        missing = reason
        guard told.insert(reason).inserted else { return }
        context.log.tell(.metricsFile, nil, ["reason": "\(reason)"])
    }

    /// Nil where there is none yet, or none is wanted.
    private func find(
        _ source: MetricsSource, _ context: RunContext, _ layout: LayoutName?
    ) throws(FileError) -> (any MetricsLog)? {
        let (root, calls) = (context.configuration.run.watch, context.calls)
        switch source {
        case .none, .trainerState: return nil
        case .file(let path): return MetricsFile(path: path)
        case .events(let path): return EventFiles(path: path, excluding: context.configuration.metrics.tensorboard)
        case .verl: return try MetricsPlaces.verlLog(root: root, calls: calls).map { MetricsFile(path: $0) }
        case .tensorboard: return try events(context)
        case .auto:
            switch layout {
            // Their numbers lie in every checkpoint.
            case nil, "huggingface", "nemo-rl": return nil
            case "verl":
                if let log = try MetricsPlaces.verlLog(root: root, calls: calls) { return MetricsFile(path: log) }
            case "prime-rl":
                if let log = try MetricsPlaces.primeRLLog(root: root, calls: calls) { return MetricsFile(path: log) }
            default: break
            }
            return try events(context)
        }
    }

    private func events(_ context: RunContext) throws(FileError) -> (any MetricsLog)? {
        let own = context.configuration.metrics.tensorboard
        return try MetricsPlaces.events(
            root: context.configuration.run.watch, excluding: own, calls: context.calls
        ).map { EventFiles(path: $0, excluding: own) }
    }
}
