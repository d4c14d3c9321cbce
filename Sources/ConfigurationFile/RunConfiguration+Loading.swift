import Foundation

extension RunConfiguration {
    /// A check that another target makes of the text of a key, such as whether there is a layout of that name; returns
    /// what was expected where the text will not do.
    public typealias TextCheck = @Sendable (String) -> String?

    /// The largest file that is read.
    static let largestFile = 1 << 20

    /// Reads a configuration file, lays the environment over it and checks every value.
    ///
    /// - Parameters:
    ///   - path: the file. Relative paths in it, and in the environment, are relative to its directory.
    ///   - environment: `ALPHARL_SECTION_KEY` overrides `section.key`; the variables of `DefaultPlaces` and `HOME` count.
    ///   - checks: further checks by key, such as `run.layout`.
    /// - Throws: all problems at once, so that a person mends the file in one go.
    public static func load(
        path: String, environment: [String: String], checks: [String: TextCheck] = [:]
    ) throws(ConfigurationError) -> RunConfiguration {
        let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        return try parse(
            try contents(of: path), path: path, directory: PathRules.directory(of: absolute), environment: environment,
            checks: checks)
    }

    /// The same for a text that is already in memory.
    ///
    /// - Parameters:
    ///   - path: the name that messages give.
    ///   - directory: what relative paths are relative to.
    public static func parse(
        _ text: String, path: String, directory: String, environment: [String: String] = [:],
        checks: [String: TextCheck] = [:]
    ) throws(ConfigurationError) -> RunConfiguration {
        let document = try TOMLDocument(text: text, path: path)
        var assembly = Assembly(
            configuration: RunConfiguration(watch: "", base: "", name: PathRules.stem(of: path)),
            context: Setting.Context(directory: directory, home: environment["HOME"]), checks: checks)
        assembly.refuseUnknownNames(in: document)
        assembly.refuseUnknownVariables(in: environment)
        for setting in Setting.all {
            assembly.take(setting, from: document)
            assembly.take(setting, from: environment)
        }
        return try assembly.finished(path: path, environment: environment)
    }

    private static func contents(of path: String) throws(ConfigurationError) -> String {
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            data = try handle.read(upToCount: largestFile + 1) ?? Data()
        } catch {
            throw .unreadable(path: path, reason: reason(for: error))
        }
        guard data.count <= largestFile else {
            throw .unreadable(path: path, reason: "it is larger than \(largestFile) bytes; is it the right file?")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw .unreadable(path: path, reason: "it is not UTF-8 text; is it the right file?")
        }
        return text
    }

    private static func reason(for error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile?, .fileNoSuchFile?: "there is no such file; give the path of a TOML file"
        case .fileReadNoPermission?: "permission denied; make it readable for this user"
        default: "\(error)"
        }
    }
}
