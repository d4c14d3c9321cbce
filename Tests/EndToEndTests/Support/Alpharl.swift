import Foundation

/// The program that this build made.
enum Alpharl {
    /// Lies beside the test bundle, which is the running program.
    static let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "alpharl").path()

    /// Nothing of the environment in which the tests run; no state outside the test's own folders.
    static func environment(home: String) -> [String: String] {
        ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": home, "LANG": "C.UTF-8"]
    }

    static func start(_ arguments: [String], home: String, adding variables: [String: String] = [:]) throws
        -> ChildProcess
    {
        let environment = environment(home: home).merging(variables) { $1 }
        return try ChildProcess(path, arguments, environment: environment)
    }

    /// Runs a command to its end, which comes within two minutes or fails the test.
    static func run(_ arguments: [String], home: String = "/nonexistent", adding variables: [String: String] = [:])
        throws -> ProcessOutcome
    {
        try start(arguments, home: home, adding: variables).wait(seconds: 120)
    }
}

extension ProcessOutcome {
    /// The only line on standard error, without `alpharl: `; nil where there is more or less than one line, or another
    /// beginning.
    var complaint: String? {
        let lines = errors.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 2, lines[1].isEmpty, lines[0].hasPrefix("alpharl: ") else { return nil }
        return String(lines[0].dropFirst("alpharl: ".count))
    }
}
