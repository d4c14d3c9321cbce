import Logging

/// A kind of event that the daemon's log tells of.
///
/// In the journal every entry of a kind has the kind's `MESSAGE_ID` for good, so that `journalctl MESSAGE_ID=...` is a
/// query and `journalctl --catalog` explains it (deploy/systemd/alpharl.catalog, docs/operations.md). A released
/// identifier is never given to another kind.
public enum LogKind: String, CaseIterable, Sendable {
    // MARK: The daemon
    case watching = "watching"
    case stopping = "stopping"
    case runningAsRoot = "running-as-root"
    case limitation = "limitation"
    case configurationWarning = "configuration-warning"
    case reloaded = "reloaded"
    case reloadRefused = "reload-refused"
    case logLevelChanged = "log-level-changed"
    case idlePriorityRefused = "idle-priority-refused"
    case storeMovedAside = "store-moved-aside"
    case startingAnew = "starting-anew"
    // MARK: Checkpoints
    case nothingToWatch = "nothing-to-watch"
    case moduleFactored = "module-factored"
    case checkpointRecorded = "checkpoint-recorded"
    case checkpointRejected = "checkpoint-rejected"
    case checkpointGone = "checkpoint-gone"
    case checkpointUnsettled = "checkpoint-unsettled"
    case recordingInterrupted = "recording-interrupted"
    case runRewound = "run-rewound"
    case passFailed = "pass-failed"
    case passWorksAgain = "pass-works-again"
    case metricsFile = "metrics-file"
    case noTrainerState = "no-trainer-state"
    case fileSystemUnknown = "file-system-unknown"
    case checkpointUncompared = "checkpoint-uncompared"
    case checkpointPostponed = "checkpoint-postponed"
    case tensorBoardBehind = "tensorboard-behind"
    // MARK: Predictions
    case predictionPublished = "prediction-published"
    case predictionFailed = "prediction-failed"
    case modelDisappointed = "model-disappointed"
    case commandStarted = "command-started"
    case commandOutput = "command-output"
    case commandEnded = "command-ended"
    case commandFailed = "command-failed"
    case commandInterrupted = "command-interrupted"
    case commandsNotFollowed = "commands-not-followed"
    // MARK: The socket
    case listening = "listening"
    case listeningEnded = "listening-ended"
    case socketNotRemoved = "socket-not-removed"
    case requestAccepted = "request-accepted"
    case requestRefused = "request-refused"
    case answerFailed = "answer-failed"
    case streamFailed = "stream-failed"
    // MARK: The service manager
    case managerNotTold = "manager-not-told"
    case noSignOfLife = "no-sign-of-life"
    case signsOfLifeAgain = "signs-of-life-again"

    /// 32 hexadecimal digits (sd-id128(3)).
    public var messageID: String { facts.identifier }

    /// How much it matters: the same for every event of a kind.
    public var level: Logger.Level { facts.level }

    /// What the log says unless there is something more precise.
    public var sentence: String { facts.sentence }
}

extension LogKind {
    struct Facts {
        let identifier: String
        let level: Logger.Level
        let sentence: String

        init(_ level: Logger.Level, _ identifier: String, _ sentence: String) {
            self.level = level
            self.identifier = identifier
            self.sentence = sentence
        }
    }
}
