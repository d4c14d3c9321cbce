import Files

/// What a prediction needs beside its weights, and from which folder each file is taken.
///
/// Only names on the list are copied: everything else in a trainer's folder (optimizer and scheduler, random state,
/// `trainer_state.json`, `training_args.bin`, other weights, adapters, README) is left behind, because a loader would
/// take it for something else or because it makes claims about other weights. The first folder that has a name counts.
struct SideFiles {
    static let configuration = "config.json"

    static let names = [
        configuration, "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja", "chat_template.json",
        "preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json",
    ]

    struct Source {
        let name: String
        let path: String
        /// Bytes.
        let size: Int64
    }

    /// By name.
    let sources: [Source]

    /// - Parameter folders: first the most trusted; one that does not exist is passed over.
    init(folders: [String], calls: FileSystemCalls) throws {
        let tree = FileTree(calls: calls)
        var found: [String: Source] = [:]
        for folder in folders {
            guard try tree.status(of: folder, followingLinks: true)?.kind == .directory else { continue }
            for name in try tree.names(in: folder) where found[name] == nil && Self.isCopied(name) {
                let path = FileTree.join(folder, name)
                guard let status = try tree.status(of: path, followingLinks: true), status.kind == .regular,
                    let entry = try tree.status(of: path), Self.mayFollow(entry, to: status)
                else { continue }
                found[name] = Source(name: name, path: path, size: status.identity.size)
            }
        }
        sources = found.values.sorted { $0.name < $1.name }
        guard found[Self.configuration] != nil else { throw EmissionError.noConfiguration(folders: folders) }
    }

    /// A link is followed only to a file that its maker may read: one of its own, or one that everybody may read. The daemon
    /// may be allowed more than the trainer, and what it copies is there for others.
    static func mayFollow(_ entry: FileStatus, to target: FileStatus) -> Bool {
        entry.kind != .symbolicLink || entry.owner == target.owner || target.mode & 0o004 != 0
    }

    /// Custom code (`*.py`, named by `auto_map`) belongs to the model.
    static func isCopied(_ name: String) -> Bool {
        names.contains(name) || (name.hasSuffix(".py") && !name.hasPrefix(".") && name != "zero_to_fp32.py")
    }

    var totalSize: Int64 { sources.reduce(0) { $0 + $1.size } }

    /// Copies all files; `config.json` names the type that the weights are written in.
    func write(dtype: String, to folder: DirectoryBuilder, calls: FileSystemCalls) throws {
        for source in sources {
            if source.name == Self.configuration {
                let reader = try FileReader(path: source.path, calls: calls)
                let text = try reader.read(
                    count: Int(min(reader.identity.size, ModelConfiguration.maximumBytes)), at: 0)
                let changed = try ModelConfiguration.setting(dtype: dtype, in: text, path: source.path)
                try folder.addFile(named: source.name, contents: changed)
            } else {
                try folder.copyFile(from: source.path, named: source.name)
            }
        }
    }
}
