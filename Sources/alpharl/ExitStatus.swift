import ArgumentParser
import Checkpoints
import ConfigurationFile
import Emission
import Files
import Pipeline
import StatusAPI
import TrajectoryStore

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
