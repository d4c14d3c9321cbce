/// How the paths of a configuration are read: text only, no look at the disk.
enum PathRules {
    /// The path made absolute: `~/` is the home directory, a relative path is relative to `directory`. Repeated and
    /// trailing slashes and `.` are dropped; `..` is kept, since behind a symbolic link it is not the parent by name.
    ///
    /// - Returns: nil for `~/` without a home directory.
    static func absolute(_ path: String, relativeTo directory: String, home: String?) -> String? {
        if path == "~" || path.hasPrefix("~/") {
            guard let home, home.hasPrefix("/") else { return nil }
            return normal(home + path.dropFirst(1))
        }
        return normal(path.hasPrefix("/") ? path : directory + "/" + path)
    }

    static func normal(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        let text = parts.joined(separator: "/")
        if path.hasPrefix("/") { return "/" + text }
        return text.isEmpty ? "." : text
    }

    static func lastComponent(of path: String) -> String {
        path.split(separator: "/").last { $0 != "." }.map(String.init) ?? "run"
    }

    /// Everything before the last part: `/etc` of `/etc/x`, `.` of `x`.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last part without its extension: `run-7` of `/etc/run-7.toml`.
    static func stem(of path: String) -> String {
        let name = lastComponent(of: path)
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }

    /// Whether `path` is `directory` or lies below it, by name.
    static func isInside(_ path: String, _ directory: String) -> Bool {
        path == directory || path.hasPrefix(directory == "/" ? "/" : directory + "/")
    }
}
