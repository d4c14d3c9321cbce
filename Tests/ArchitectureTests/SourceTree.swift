import Foundation

/// One file of the repository.
struct SourceFile: Sendable {
    /// Relative to Sources or Tests: "Files/FileReader.swift".
    let path: String
    let text: String

    /// The folder that names the target.
    var target: String { String(path.prefix { $0 != "/" }) }

    /// Number of lines; the newline at the end does not begin another one.
    var lineCount: Int {
        text.split(separator: "\n", omittingEmptySubsequences: false).count - (text.hasSuffix("\n") ? 1 : 0)
    }
}

/// The repository that this test was compiled from.
enum SourceTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// All Swift and C files below `folder` ("Sources" or "Tests"), sorted by path.
    static func files(below folder: String) throws -> [SourceFile] {
        let base = root.appending(path: folder)
        let names = try FileManager.default.subpathsOfDirectory(atPath: base.path()).sorted()
        return try names.filter { name in [".swift", ".c", ".h"].contains { name.hasSuffix($0) } }
            .map { SourceFile(path: $0, text: try String(contentsOf: base.appending(path: $0), encoding: .utf8)) }
    }

    /// The Swift files of Sources.
    static func swiftSources() throws -> [SourceFile] {
        try files(below: "Sources").filter { $0.path.hasSuffix(".swift") }
    }

    /// The folders directly below Sources.
    static func targets() throws -> Set<String> {
        Set(try files(below: "Sources").map(\.target)).union(try moduleMapFolders())
    }

    private static func moduleMapFolders() throws -> Set<String> {
        let names = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: "Sources").path())
        return Set(names.filter { $0.hasSuffix("/module.modulemap") }.map { String($0.prefix { $0 != "/" }) })
    }
}
