import Foundation

/// The real GRPO run of `Examples/`, unpacked: `base/`, `checkpoint-24/` ... `checkpoint-600/`, `accuracy.jsonl`.
public enum ExampleRun {
    /// Steps of its checkpoints.
    public static let steps = Array(stride(from: 24, through: 600, by: 24))

    /// The unpacked folder: what `ALPHARL_TEST_EXAMPLE` names, else `.build/example-run/addition-grpo`, unpacked on
    /// first use (25 MB, half a second). Nobody may write into it.
    public static func directory() throws -> String { try unpacked.get() }

    /// Folder of the weights that the run started from.
    public static func base() throws -> String { try directory() + "/base" }

    /// Folder of the checkpoint at one of `steps`.
    public static func checkpoint(_ step: Int) throws -> String { try directory() + "/checkpoint-\(step)" }

    /// Top folder of the repository that this file was compiled from.
    public static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path()

    private static let unpacked = Result<String, any Error> {
        if let named = ProcessInfo.processInfo.environment["ALPHARL_TEST_EXAMPLE"] { return named }
        let place = repository + ".build/example-run"
        let folder = place + "/addition-grpo"
        if FileManager.default.fileExists(atPath: folder + "/accuracy.jsonl") { return folder }
        let temporary = place + "/.unpacking-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: temporary) }
        let archive = repository + "Examples/addition-grpo.tar.xz"
        try Tool.run("/usr/bin/env", ["tar", "-xJf", archive, "-C", temporary, "--no-same-owner"])
        do {
            try FileManager.default.moveItem(atPath: temporary + "/addition-grpo", toPath: folder)
        } catch  where FileManager.default.fileExists(atPath: folder + "/accuracy.jsonl") {
            return folder  // another process was faster
        }
        return folder
    }
}
