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
        return try unpack("Examples/addition-grpo.tar.xz", to: "addition-grpo")
    }

    /// A GRPO run of the same base through a LoRA adapter: `checkpoint-24/` ... `checkpoint-288/`, as PEFT saved them (r 8,
    /// alpha 16, bfloat16), and `accuracy.jsonl`. Nobody may write into it.
    public static func adapters() throws -> String { try unpackedAdapters.get() }

    /// Steps of its checkpoints.
    public static let adapterSteps = Array(stride(from: 24, through: 288, by: 24))

    private static let unpackedAdapters = Result<String, any Error> {
        try unpack("Examples/addition-lora.tar.xz", to: "addition-lora")
    }

    /// Small adapters of every kind with what PEFT makes of them: see `Tests/Reference/make_adapters.py`.
    public static func smallAdapters() throws -> String { try unpackedSmallAdapters.get() }

    private static let unpackedSmallAdapters = Result<String, any Error> {
        let archive = "Tests/Reference/adapters.tar.xz"
        // One that was made again has another size, and a folder of its own.
        let size = try FileManager.default.attributesOfItem(atPath: repository + archive)[.size] as? Int ?? 0
        return try unpack(archive, to: "adapters", below: "/\(size)")
    }

    /// - Returns: the folder of that name below `.build/example-run`, with what the archive holds; made once.
    private static func unpack(_ archive: String, to name: String, below subfolder: String = "") throws -> String {
        let place = repository + ".build/example-run" + subfolder
        let folder = place + "/" + name
        if FileManager.default.fileExists(atPath: folder) { return folder }
        let temporary = place + "/.unpacking-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: temporary) }
        try Tool.run("/usr/bin/env", ["tar", "-xJf", repository + archive, "-C", temporary, "--no-same-owner"])
        do {
            try FileManager.default.moveItem(atPath: temporary + "/" + name, toPath: folder)
        } catch  where FileManager.default.fileExists(atPath: folder) {
            return folder  // another process was faster
        }
        return folder
    }
}
