import Foundation

/// Tiny runs in the folders of every trainer (`Tests/Reference/trainer-runs.tar.xz`, made by `Tests/Reference/trainers`),
/// and what must be found in them.
public struct TrainerRuns: Sendable {
    /// One run and what an independent implementation computed from its files.
    public struct Run: Decodable, Sendable {
        public let layout: String
        /// The folder to watch, below the run's own.
        public let watch: String
        /// The folder of its base weights.
        public let base: String
        public let steps: [Int]
        /// The end of an accuracy's source; nil where the run has no accuracy that is known by its name.
        public let source: String?
        /// Step and accuracy.
        public let accuracies: [[Double]]
        /// Step, module, the largest singular values of its update.
        public let factors: [String: [String: [Double]]]
    }

    private struct Expected: Decodable {
        let runs: [String: Run]
        let tensorScalars: [Scalar]

        enum CodingKeys: String, CodingKey {
            case runs
            case tensorScalars = "tensor_scalars"
        }
    }

    /// A number in an event file: `[step, tag, value]`.
    public struct Scalar: Decodable, Sendable {
        public let step: Int
        public let tag: String
        public let value: Double

        public init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            step = try list.decode(Int.self)
            tag = try list.decode(String.self)
            value = try list.decode(Double.self)
        }
    }

    public let runs: [String: Run]
    public let tensorScalars: [Scalar]
    private let folder: TemporaryDirectory

    /// Unpacks them anew (2 MB), for one test to change.
    public init() throws {
        folder = try TemporaryDirectory()
        let archive = ExampleRun.repository + "Tests/Reference/trainer-runs.tar.xz"
        try Tool.run("/usr/bin/env", ["tar", "-xJf", archive, "-C", folder.path, "--no-same-owner"])
        let json = try Data(contentsOf: URL(filePath: folder.path("expected.json")))
        let expected = try JSONDecoder().decode(Expected.self, from: json)
        runs = expected.runs
        tensorScalars = expected.tensorScalars
    }

    /// The path of a run, a base or another folder of the archive.
    public func path(_ name: String) -> String { folder.path(name) }

    /// The folder to watch of a run.
    public func watched(_ name: String) -> String {
        let below = runs[name]?.watch ?? ""
        return below.isEmpty ? path(name) : path(name + "/" + below)
    }
}
