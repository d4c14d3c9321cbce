import Foundation

/// The Python that has numpy, scipy, scikit-learn and safetensors, for comparing with an independent implementation.
public enum ReferencePython {
    /// Its path, as `deploy/test` exports it; nil when tests run without it: `@Test(.enabled(if: ReferencePython.path != nil))`.
    public static let path = ProcessInfo.processInfo.environment["ALPHARL_TEST_PYTHON"]

    /// Whether it has torch, transformers and peft too.
    public static let hasModels: Bool = {
        guard let path else { return false }
        let question = "import importlib.util as u, sys; sys.exit(any(u.find_spec(x) is None for x in sys.argv[1:]))"
        return (try? Tool.run(path, ["-c", question, "torch", "transformers", "peft"])) != nil
    }()

    /// Runs a script with arguments and returns what it printed; fails when it ends with another status than 0.
    public static func run(script: String, _ arguments: [String] = []) throws -> String {
        guard let path else {
            throw ToolFailure(command: "python3 \(script)", status: -1, errors: "ALPHARL_TEST_PYTHON is not set")
        }
        return try Tool.run(path, [script] + arguments)
    }
}

/// A command that did not end with status 0.
public struct ToolFailure: Error, CustomStringConvertible {
    public let command: String
    public let status: Int32
    public let errors: String

    public var description: String { "\(command): ended with status \(status): \(errors)" }
}

/// Other programs that tests need.
public enum Tool {
    /// Runs a program to its end and returns its standard output; what it says on standard error becomes the failure's text.
    @discardableResult
    public static func run(_ program: String, _ arguments: [String]) throws -> String {
        let errorFile = FileManager.default.temporaryDirectory.appending(path: "alpharl-tool-\(UUID().uuidString)")
        try Data().write(to: errorFile)
        defer { try? FileManager.default.removeItem(at: errorFile) }
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw ToolFailure(
                command: ([program] + arguments).joined(separator: " "), status: process.terminationStatus,
                errors: try String(contentsOf: errorFile, encoding: .utf8))
        }
        return String(decoding: printed, as: UTF8.self)
    }
}
