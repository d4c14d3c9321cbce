import Foundation

/// Checkpoints that real torch wrote: `Tests/Reference/torch_checkpoints.py`, in Tests/Fixtures.
public enum TorchFixture {
    public static let versions = ["2.4.1", "2.9.1", "2.13.0"]
    /// The one with every form.
    public static let current = "2.13.0"

    /// A Python with torch, to make them anew.
    public static let python = ProcessInfo.processInfo.environment["ALPHARL_TEST_TORCH"]

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    public static func path(_ form: String, torch version: String = current) -> String {
        root.appending(path: "torch-\(version)/\(form)").path
    }

    public static func exists(_ form: String, torch version: String) -> Bool {
        FileManager.default.fileExists(atPath: path(form, torch: version))
    }

    /// Copies a form's folder, or one file of it, to where a test may damage it.
    public static func copy(_ form: String, torch version: String = current, to place: String) throws {
        let parent = URL(filePath: place).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: path(form, torch: version), toPath: place)
    }

    public static func bytes(_ file: String, torch version: String = current) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path(file, torch: version))))
    }
}
