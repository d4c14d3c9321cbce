/// Whose trajectory a store holds: one watched directory, one base.
public struct RunIdentity: Hashable, Sendable {
    public let name: String
    public let basePath: String
    /// Identifies the base's content; another one makes every factor meaningless.
    public let baseFingerprint: String
    public let watchPath: String

    public init(name: String, basePath: String, baseFingerprint: String, watchPath: String) {
        self.name = name
        self.basePath = basePath
        self.baseFingerprint = baseFingerprint
        self.watchPath = watchPath
    }
}

/// The one row of `run`.
public struct RunRecord: Hashable, Sendable {
    public let identity: RunIdentity
    /// How often the run was rewound, 0...; new checkpoints belong to this segment.
    public let segment: Int
    /// RFC 3339 UTC, as every time in the store.
    public let createdAt: String
    /// The version of the program that opened the store last.
    public let programVersion: String
}
