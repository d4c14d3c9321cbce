// swift-tools-version: 6.2
import PackageDescription

// One list of settings for every target: Swift 6 mode, no warnings, and the word `unsafe` in front of
// every call that could touch memory it does not own.
let common: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
let sources: [SwiftSetting] = common + [.strictMemorySafety()]

/// Goes into `alpharl version` and into manifests; empty outside a git checkout.
let commit = Context.gitInformation?.currentCommit ?? ""

let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

// Targets are the stages of the work: read from top to bottom, they follow a checkpoint from the disk
// to a prediction. Which target may import which is checked by Tests/ArchitectureTests.
let package = Package(
    name: "alpharl",
    products: [.executable(name: "alpharl", targets: ["alpharl"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
    ],
    targets: [
        // C, each imported by exactly one Swift target.
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .target(name: "CBuildInformation", cSettings: [.define("ALPHARL_COMMIT", to: "\"\(commit)\"")]),
        .target(name: "CLinux"),
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3"])]),

        // Words that every stage shares.
        .target(name: "Vocabulary", swiftSettings: sources),
        .target(name: "ConfigurationFile", dependencies: ["Vocabulary"], swiftSettings: sources),
        .target(name: "LogEvents", dependencies: [logging], swiftSettings: sources),

        // From the disk to a prediction.
        .target(
            name: "Files",
            dependencies: ["CLinux", "CXXHash", "Vocabulary", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: sources),
        .target(name: "Checkpoints", dependencies: ["Files", "Vocabulary"], swiftSettings: sources),
        .target(name: "TensorBoardEvents", swiftSettings: sources),
        .target(
            name: "RunLayouts", dependencies: ["Checkpoints", "Files", "TensorBoardEvents", "Vocabulary"],
            swiftSettings: sources),
        .target(name: "DirectoryWatching", dependencies: ["CLinux", "Vocabulary"], swiftSettings: sources),
        .target(name: "LinearAlgebra", dependencies: ["CKernels", "COpenBLAS"], swiftSettings: sources),
        .target(
            name: "WeightUpdates", dependencies: ["LinearAlgebra", "Checkpoints", "Vocabulary"],
            swiftSettings: sources),
        .target(
            name: "TrajectoryStore",
            dependencies: ["Vocabulary", .product(name: "GRDB", package: "GRDB.swift")], swiftSettings: sources),
        .target(name: "Forecasting", dependencies: ["LinearAlgebra", "Vocabulary"], swiftSettings: sources),
        .target(
            name: "Emission", dependencies: ["Checkpoints", "Files", "LinearAlgebra", "Vocabulary"],
            swiftSettings: sources),

        // What ties the stages together, and what answers.
        .target(name: "StatusAPI", dependencies: ["Vocabulary"], swiftSettings: sources),
        .target(
            name: "Dashboard", dependencies: ["StatusAPI", "Vocabulary"],
            resources: [.embedInCode("style.css"), .embedInCode("app.js"), .embedInCode("icon.svg")],
            swiftSettings: sources),
        .target(
            name: "Pipeline",
            dependencies: [
                "Vocabulary", "ConfigurationFile", "Files", "Checkpoints", "RunLayouts", "DirectoryWatching",
                "WeightUpdates", "TrajectoryStore", "Forecasting", "Emission", "StatusAPI", "TensorBoardEvents", "LogEvents",
                lifecycle, logging,
                .product(name: "Subprocess", package: "swift-subprocess"),
            ], swiftSettings: sources),
        .target(
            name: "StatusServer",
            dependencies: [
                "StatusAPI", "Dashboard", "CLinux", "LogEvents", lifecycle, logging,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            resources: [.embedInCode("openapi.json")], swiftSettings: sources),
        .target(
            name: "SystemdIntegration", dependencies: ["CSystemd", "CLinux", "LogEvents", lifecycle, logging],
            swiftSettings: sources),
        .executableTarget(
            name: "alpharl",
            dependencies: [
                "CBuildInformation", "CLinux", "Vocabulary", "ConfigurationFile", "Files", "Checkpoints", "RunLayouts",
                "LinearAlgebra", "LogEvents", "WeightUpdates",
                "TrajectoryStore", "Forecasting", "Emission", "StatusAPI", "Dashboard", "Pipeline",
                "StatusServer", "SystemdIntegration", lifecycle, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: sources),

        // Tests: one target per source target, the same names; what they share; and the whole program.
        .target(
            name: "TestSupport", dependencies: ["Vocabulary", "Files", "Checkpoints"], path: "Tests/TestSupport",
            swiftSettings: common),
        .executableTarget(
            name: "KernelBenchmark", dependencies: ["Checkpoints", "LinearAlgebra", "Vocabulary", "WeightUpdates"],
            path: "Tests/Benchmark/KernelBenchmark", swiftSettings: common),
        .target(
            name: "StoreFaults", path: "Tests/StoreFaults", linkerSettings: [.linkedLibrary("sqlite3")]),
        .testTarget(name: "VocabularyTests", dependencies: ["Vocabulary"], swiftSettings: common),
        .testTarget(
            name: "ConfigurationFileTests", dependencies: ["ConfigurationFile", "TestSupport"], swiftSettings: common),
        .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"], swiftSettings: common),
        .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "TensorBoardEventsTests", dependencies: ["TensorBoardEvents", "TestSupport"], swiftSettings: common),
        .testTarget(name: "RunLayoutsTests", dependencies: ["RunLayouts", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "DirectoryWatchingTests", dependencies: ["DirectoryWatching", "TestSupport"], swiftSettings: common),
        .testTarget(name: "LinearAlgebraTests", dependencies: ["LinearAlgebra", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "WeightUpdatesTests", dependencies: ["WeightUpdates", "LinearAlgebra", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "TrajectoryStoreTests",
            dependencies: ["TrajectoryStore", "TestSupport", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: common),
        .testTarget(
            name: "ForecastingTests",
            dependencies: ["Forecasting", "LinearAlgebra", "WeightUpdates", "Checkpoints", "TestSupport"],
            swiftSettings: common),
        .testTarget(name: "EmissionTests", dependencies: ["Emission", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "PipelineTests",
            dependencies: ["Pipeline", "StoreFaults", "TensorBoardEvents", "TrajectoryStore", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "DashboardTests", dependencies: ["Dashboard", "StatusAPI", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "StatusServerTests", dependencies: ["StatusServer", "StatusAPI", "TestSupport"], swiftSettings: common
        ),
        .testTarget(
            name: "SystemdIntegrationTests", dependencies: ["SystemdIntegration", "LogEvents", "TestSupport"], swiftSettings: common),
        .testTarget(name: "ArchitectureTests", swiftSettings: common),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Checkpoints", "ConfigurationFile", "Files", "RunLayouts", "StatusAPI", "StatusServer", "TensorBoardEvents",
                "Vocabulary", logging,
            ],
            path: "Tests/Fuzz/Targets", swiftSettings: common),
        .testTarget(name: "FuzzReplayTests", dependencies: ["FuzzTargets"], swiftSettings: common),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "alpharl", "Checkpoints", "Pipeline", "StatusAPI", "StatusServer",
                "TestSupport", "TrajectoryStore", "Vocabulary",
            ],
            swiftSettings: common),
    ]
)

// For Tests/Fuzz/run only: libFuzzer brings its own main function, so that nothing else can be linked beside it.
if Context.environment["ALPHARL_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "alpharl-fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/LibFuzzer",
            swiftSettings: common + [.unsafeFlags(["-parse-as-library"])]))
}
