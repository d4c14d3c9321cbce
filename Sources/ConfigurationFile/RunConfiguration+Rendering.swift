extension RunConfiguration {
    /// The configuration in force as TOML, with the origin of each value as a comment. Reading it again gives the same
    /// values, whatever file and environment they came from.
    public func rendered() -> String {
        Setting.tables.map { table in
            let lines = Setting.all.filter { $0.table == table }.map { setting in
                "\(setting.key) = \(setting.current(self).toml)  # \(origin(of: setting.name))"
            }
            return "[\(table)]\n" + lines.joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
    }

    /// Where the value of a key (`run.watch`) came from.
    public func origin(of key: String) -> ConfigurationOrigin { origins[key] ?? .defaultValue }

    /// The keys whose values differ, in the order of the file: what a reload changes. Origins do not count.
    public func keysThatDiffer(from other: RunConfiguration) -> [String] {
        Setting.all.filter { $0.current(self) != $0.current(other) }.map(\.name)
    }

    /// Every key there is, in the order of the file.
    public static var keys: [String] { Setting.all.map(\.name) }

    /// What is allowed but seldom meant, one sentence each.
    public var warnings: [String] {
        let written = [
            ("emit.directory", emit.directory), ("store.path", store.path), ("socket.path", socket.path),
            ("metrics.tensorboard", metrics.tensorboard),
        ]
        return written.compactMap { key, path in
            guard PathRules.isInside(path, run.watch) else { return nil }
            return "\(key) lies inside run.watch: what is written there can change what the trainer deletes or resumes "
                + "from; choose a place outside \(run.watch)"
        }
    }
}
