import Logging

extension LogKind {
    var facts: Facts {
        guard let facts = Self.table[self] else {
            preconditionFailure("Every kind of log event has its line in the table.")
        }
        return facts
    }

    /// One line for each kind; a test sees to it that none is missing.
    private static let table: [LogKind: Facts] = [
        .watching: Facts(.notice, "786e100150404785ba20982aeca35863", "watching"),
        .stopping: Facts(.notice, "bb5036732e324c0ea83311c7cc13e679", "stopping"),
        .runningAsRoot: Facts(
            .warning, "8959838a338f403d9281b7fccaca41a7",
            "running as root: a fault in a parser would reach the whole machine; "
                + "give the daemon an account of its own (docs/operations.md)"),
        .limitation: Facts(.warning, "e2b139661c1549b794ce0dbfc438c9e9", "something is found later than it could be"),
        .configurationWarning: Facts(
            .warning, "8a4c67ac3ff04092b7f102f6953a4265", "the configuration is questionable"),
        .reloaded: Facts(.notice, "0d01b0044c6e4fd1a01e001f96a28737", "configuration reloaded"),
        .reloadRefused: Facts(
            .error, "721ea4ec0cff4484845b5d551734d6df", "configuration not reloaded, the old one stays in force"),
        .logLevelChanged: Facts(.notice, "4085c35a897f4ca898780d1840e98241", "log level changed"),
        .idlePriorityRefused: Facts(
            .notice, "075adfe5ae66486e95a87c16e50b19c5", "cannot lower the priority of the run's thread"),
        .storeMovedAside: Facts(.critical, "5e3b78f25b94436a893ccd9d5fd2e2e5", "store moved aside"),
        .startingAnew: Facts(.critical, "05e66696f5bd4de981ade116e8dd8e4f", "starting anew"),
        .nothingToWatch: Facts(.notice, "4c8c560acc26448c95a1d158f9e79f9c", "nothing to watch yet"),
        .moduleFactored: Facts(.debug, "969f2f4b610a447ea341610b3e3e7711", "module factored"),
        .checkpointRecorded: Facts(.info, "d7c18ef8d05e4510976b96e3f394d758", "checkpoint recorded"),
        .checkpointRejected: Facts(.warning, "00e4fd08e5fa49fb8e80199d2d0fd4d0", "checkpoint rejected"),
        .checkpointGone: Facts(.notice, "9c7314845e0d4d48a74f73b69914fb80", "checkpoint gone"),
        .checkpointUnsettled: Facts(.info, "56b9489b60ab41f9a35617b5920a7a3b", "checkpoint still changes"),
        .recordingInterrupted: Facts(.info, "1e6564d3029e44bd93da2a59984e3fa1", "recording interrupted"),
        .runRewound: Facts(
            .warning, "0991ff842d7349f682f217d6e8d6677c",
            "the run went back; what was recorded from that step on is superseded"),
        .passFailed: Facts(.error, "b503e1498be6463c948c6025ee487421", "pass failed"),
        .passWorksAgain: Facts(.notice, "b8c49b26cdb94699a382fb9aab0db9b3", "passes work again"),
        .metricsFile: Facts(.notice, "c671ceb1e12a48128008b9cf94df0a2e", "metrics.source"),
        .noTrainerState: Facts(.debug, "768b5cc5213a4f66b67adf62c7f14014", "no trainer state"),
        .fileSystemUnknown: Facts(
            .warning, "3ceaaf30814248ea91d93080f9b439fc", "the file system of run.watch is not known"),
        .checkpointUncompared: Facts(
            .notice, "9dfb369bab134faea27655daa05f1119", "a changed checkpoint cannot be compared"),
        .checkpointPostponed: Facts(.warning, "6301bbfca0c5454e8ff9bb510944fe0c", "checkpoint cannot be read now"),
        .tensorBoardBehind: Facts(
            .warning, "6fced11d2bd841e6847a8387cdde8d51", "TensorBoard's files are not up to date"),
        .predictionPublished: Facts(.notice, "57f3eaf3ad294226aa72cba98fe23915", "prediction published"),
        .predictionFailed: Facts(.error, "6f88683c658247ff8fc6272c735563dc", "prediction not written"),
        .modelDisappointed: Facts(.warning, "2ce8347d5d1540d48e3853f7614f47f2", "a model loses its confidence"),
        .commandStarted: Facts(.info, "ec5e6fd5fb9045f091eef16712d40564", "on_emit started"),
        .commandOutput: Facts(.info, "f1579a4c46db477aa7cdd900e66f41c5", "on_emit"),
        .commandEnded: Facts(.info, "5f7e3af7721e4e7caa178538067e2d80", "on_emit ended with status 0"),
        .commandFailed: Facts(.warning, "c8cbea65432240ad8df67ea8ee6e2d23", "on_emit failed"),
        .commandInterrupted: Facts(
            .notice, "7aa621e29ad34153aa864cc317806925", "on_emit interrupted, to be run again"),
        .commandsNotFollowed: Facts(.error, "be991726aa6e49d997fd91fb11f220fc", "on_emit cannot be followed"),
        .listening: Facts(.info, "8331ac8ee13741a09d29dc4b2765bb77", "listening"),
        .listeningEnded: Facts(.error, "e6ff83340a1a4fd9ba91ba34ce8203d9", "listening ended"),
        .socketNotRemoved: Facts(.warning, "5ec80c3d8855451cba41a8eefab1da4b", "the socket's file is left behind"),
        .requestAccepted: Facts(.info, "616e57a01c36471cbba8f88b7493e667", "request accepted"),
        .requestRefused: Facts(.notice, "b4698035170b44c9b1b077c4ac6c574f", "request refused"),
        .answerFailed: Facts(.error, "a629873b17b04747ae4bcd6dabf9e521", "an answer failed"),
        .streamFailed: Facts(.error, "b068d91a686a4ac293af990ba276071a", "a stream of events ended early"),
        .managerNotTold: Facts(.warning, "0ae5e6a310684fc988a95448cd6c47c4", "the service manager could not be told"),
        .noSignOfLife: Facts(.error, "f34f889c847b46de9dc9f2a9bf81200b", "no sign of life to the watchdog"),
        .signsOfLifeAgain: Facts(.notice, "5aac35267f8341e1a3b13adc17b1f4e4", "signs of life to the watchdog again"),
    ]
}
