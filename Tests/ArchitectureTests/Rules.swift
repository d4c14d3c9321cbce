/// Which target may import what: the table of docs/architecture.md as data.
///
/// The build refuses an import that is no dependency at all, but lets through whatever a dependency brings along;
/// these rows do not.
enum Rules {
    /// What every Swift target may import: the language's own libraries.
    static let everyone: Set<String> = ["Foundation", "FoundationEssentials", "Synchronization"]

    /// Target to allowed imports, in the order of Package.swift. C targets import nothing and have no row.
    static let imports: [(target: String, allowed: Set<String>)] = [
        ("Vocabulary", []),
        ("ConfigurationFile", ["Vocabulary"]),
        ("LogEvents", ["Logging"]),
        ("Files", ["CLinux", "CXXHash", "Crypto", "Glibc", "Vocabulary"]),
        ("Checkpoints", ["Files", "Vocabulary"]),
        ("TensorBoardEvents", []),
        ("RunLayouts", ["Checkpoints", "Files", "TensorBoardEvents", "Vocabulary"]),
        ("DirectoryWatching", ["CLinux", "Glibc", "Vocabulary"]),
        ("LinearAlgebra", ["CKernels", "COpenBLAS"]),
        ("WeightUpdates", ["Checkpoints", "LinearAlgebra", "Vocabulary"]),
        ("TrajectoryStore", ["GRDB", "Vocabulary"]),
        ("Forecasting", ["LinearAlgebra", "Vocabulary"]),
        ("Emission", ["Checkpoints", "Files", "LinearAlgebra", "Vocabulary"]),
        ("StatusAPI", ["Vocabulary"]),
        ("Dashboard", ["StatusAPI", "Vocabulary"]),
        (
            "Pipeline",
            [
                "Checkpoints", "ConfigurationFile", "DirectoryWatching", "Dispatch", "Emission", "Files", "Forecasting",
                "LinearAlgebra", "LogEvents", "Logging", "RunLayouts", "ServiceLifecycle", "StatusAPI",
                "Subprocess", "TensorBoardEvents", "TrajectoryStore", "Vocabulary", "WeightUpdates",
            ]
        ),
        (
            "StatusServer",
            [
                "CLinux", "Dashboard", "Glibc", "HTTPTypes", "Hummingbird", "HummingbirdCore", "LogEvents", "Logging",
                "NIOCore", "NIOHTTP1", "NIOHTTPTypes", "NIOPosix", "ServiceLifecycle", "StatusAPI", "Vocabulary",
            ]
        ),
        ("SystemdIntegration", ["CLinux", "CSystemd", "Glibc", "LogEvents", "Logging", "ServiceLifecycle"]),
        (
            "alpharl",
            [
                "ArgumentParser", "CBuildInformation", "CLinux", "Checkpoints", "ConfigurationFile", "Dashboard",
                "Emission", "Files", "Forecasting", "FoundationInternationalization", "Glibc",
                "LinearAlgebra", "LogEvents", "Logging", "Pipeline", "RunLayouts", "ServiceLifecycle", "StatusAPI",
                "StatusServer",
                "SystemdIntegration", "TrajectoryStore", "UnixSignals", "Vocabulary", "WeightUpdates",
            ]
        ),
    ]

    /// Targets written in C or that only describe a C library.
    static let cTargets: Set<String> = ["CBuildInformation", "CKernels", "CLinux", "COpenBLAS", "CSystemd", "CXXHash"]

    /// Targets in which the word `unsafe` may appear: those that talk to the kernel or to a C library.
    static let unsafeTargets: Set<String> = [
        "DirectoryWatching", "Files", "LinearAlgebra", "StatusServer", "SystemdIntegration",
    ]

    /// Single files outside those targets in which it may appear, and why.
    static let unsafeFiles: Set<String> = [
        "alpharl/BuildInformation.swift",  // the commit is a C string, compiled in
        "TrajectoryStore/LittleEndian.swift",  // blobs are copied into arrays whole
    ]

    /// Longest source file, test file and function, in lines.
    static let sourceLines = 300
    static let testLines = 400
    static let functionLines = 60
}
