import Checkpoints
import ConfigurationFile
import Emission
import Files
import Foundation
import Pipeline
import RunLayouts
import StatusAPI
import StatusServer
import SystemdIntegration
import TrajectoryStore
import WeightUpdates

/// The exit statuses of sysexits.h that the commands use.
enum ExitStatus: Int32 {
    case usage = 64
    case badData = 65
    case missingInput = 66
    case unreachable = 69
    case internalError = 70
    case cannotCreate = 73
    case inputOutput = 74
    case tryAgain = 75
    case permission = 77
    case configuration = 78
}

/// How a command fails: a line on standard error, and the status.
struct Failure: Error {
    let message: String
    let status: ExitStatus

    init(_ message: String, _ status: ExitStatus) {
        self.message = message
        self.status = status
    }

    /// Nil for errors of the command line itself, which the argument parser explains.
    init?(_ error: any Error) {
        if let failure = error as? Failure { self = failure; return }
        guard let status = ExitStatus(of: error) else { return nil }
        self.init("\(error)", status)
    }

    /// The journal takes the level from the line's beginning (sd-daemon(3)). An entry with fields of its own would be lost
    /// to the unit: whose it is the journal looks up when it reads it, and the process is gone by then.
    func exit() -> Never {
        let isJournal = JournalStream.isJournal(environment: ProcessInfo.processInfo.environment)
        let text =
            isJournal
            ? message.split(separator: "\n").map { "<2>\($0)\n" }.joined() : "alpharl: \(message)\n"
        FileHandle.standardError.write(Data(text.utf8))
        Foundation.exit(status.rawValue)
    }
}

extension ExitStatus {
    /// Nil for errors of other kinds than those of this program's stages.
    init?(of error: any Error) {
        switch error {
        case is ConfigurationError: self = .configuration
        case is LayoutError: self = .configuration
        case let error as PipelineError: self.init(error)
        case let error as CheckpointError: self.init(error)
        case let error as EmissionError: self.init(error)
        case is UpdateError: self = .badData
        case let error as FileError: self.init(reading: error)
        case let error as StoreError: self.init(error)
        case let error as ListenerError: self = error.isPermission ? .permission : .cannotCreate
        case let error as StatusClientError: self.init(error)
        case is SocketDiscoveryError: self = .unreachable
        case is StatusRefusal: self = .tryAgain
        default: return nil
        }
    }

    private init(_ error: PipelineError) {
        switch error {
        case .baseUnreadable(_, let cause): self.init(cause)
        case .watchMissing, .noCheckpoints, .noSuchStep: self = .missingInput
        case .storeGone: self = .inputOutput
        case .nothingTracked, .unknownModel, .insideWatched, .storeOnNetwork:
            self = .configuration
        case .notConfident: self = .tryAgain
        case .cannotPredict, .cannotReconstruct: self = .badData
        }
    }

    private init(_ error: StatusClientError) {
        switch error {
        case .notPermitted: self = .permission
        case .refused(_, let problem) where problem.status == 403: self = .permission
        case .refused(_, let problem) where problem.status == 409: self = .tryAgain
        default: self = .unreachable
        }
    }

    private init(_ error: CheckpointError) {
        switch error.severity {
        case .vanished: self = .missingInput
        case .forbidden: self = .permission
        case .unsettled, .unusable: self = .badData
        case .system: self = .inputOutput
        }
        if case .noWeights = error { self = .missingInput }
    }

    private init(_ error: EmissionError) {
        switch error {
        case .checkpoint(let cause): self.init(cause)
        case .file(let cause): self = cause.isPermission ? .permission : .cannotCreate
        case .insideWatchedTree: self = .configuration
        case .notEnoughSpace, .alreadyThere: self = .cannotCreate
        case .noConfiguration: self = .missingInput
        case .badConfiguration, .wrongShape, .differentShapes, .notFinite, .notAdaptable, .decomposition:
            self = .badData
        case .badProvenance: self = .internalError
        }
    }

    private init(reading error: FileError) {
        self = error.isVanished ? .missingInput : error.isPermission ? .permission : .inputOutput
    }

    private init(_ error: StoreError) {
        switch error {
        case .unwritable, .full: self = .cannotCreate
        case .otherBase, .otherRun, .foreignFile, .newerSchema: self = .configuration
        case .inUse, .locked: self = .tryAgain
        case .damaged: self = .badData
        case .missing: self = .missingInput
        default: self = .inputOutput
        }
    }
}
