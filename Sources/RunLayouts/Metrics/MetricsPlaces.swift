public import Files

/// Where the logs of trainers lie, seen from the run's folder, when nobody says.
public enum MetricsPlaces {
    /// verl's file logger writes to `PROJECT/EXPERIMENT.jsonl` in the folder that training was started in, and checkpoints
    /// go to `checkpoints/PROJECT/EXPERIMENT` there. Without these names: a `.jsonl` file in the run's folder, if there is just one.
    ///
    /// - Returns: nil where no such file is (yet).
    /// - Throws: `FileError`, but for folders that are not there.
    public static func verlLog(root: String, calls: FileSystemCalls = .system) throws(FileError) -> String? {
        if let (start, project, experiment) = verlNames(of: root) {
            let path = FileTree.join(FileTree.join(start, project), experiment + ".jsonl")
            if try isThere(path, .regular, calls) { return path }
        }
        let files = try names(in: root, calls).filter { $0.hasSuffix(".jsonl") }
        return files.count == 1 ? files.first.map { FileTree.join(root, $0) } : nil
    }

    /// prime-rl writes `metrics.jsonl` into its output folder, which is the run's folder or the one above it.
    public static func primeRLLog(root: String, calls: FileSystemCalls = .system) throws(FileError) -> String? {
        for folder in [root, FileTree.split(root).folder] {
            let path = FileTree.join(folder, "metrics.jsonl")
            if try isThere(path, .regular, calls) { return path }
        }
        return nil
    }

    /// The folder with event files: the run's own, or verl's `tensorboard_log/PROJECT/EXPERIMENT` where training was started.
    public static func events(
        root: String, excluding excluded: String = "", calls: FileSystemCalls = .system
    ) throws(FileError) -> String? {
        do {
            if try !EventFiles.files(in: root, excluding: excluded, calls).isEmpty { return root }
        } catch { if !error.isVanished { throw error } }
        guard let (start, project, experiment) = verlNames(of: root) else { return nil }
        let path = FileTree.join(FileTree.join(FileTree.join(start, "tensorboard_log"), project), experiment)
        return try isThere(path, .directory, calls) ? path : nil
    }

    private static func verlNames(of root: String) -> (start: String, project: String, experiment: String)? {
        let (projectFolder, experiment) = FileTree.split(root)
        let (checkpoints, project) = FileTree.split(projectFolder)
        let (start, name) = FileTree.split(checkpoints)
        return name == "checkpoints" ? (start, project, experiment) : nil
    }

    private static func isThere(
        _ path: String, _ kind: FileStatus.Kind, _ calls: FileSystemCalls
    ) throws(FileError) -> Bool {
        try FileTree(calls: calls).status(of: path, followingLinks: true)?.kind == kind
    }

    private static func names(in folder: String, _ calls: FileSystemCalls) throws(FileError) -> [String] {
        do { return try FileTree(calls: calls).names(in: folder) } catch {
            if error.isVanished { return [] }
            throw error
        }
    }
}
