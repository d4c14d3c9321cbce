/// Where a run keeps its store, its predictions and its socket when nobody says otherwise.
///
/// In this order: under systemd `$STATE_DIRECTORY` and `$RUNTIME_DIRECTORY` (systemd.exec(5)); else
/// `$XDG_STATE_HOME/alpharl/NAME`, which is `~/.local/state/alpharl/NAME` where that is not set, and
/// `$XDG_RUNTIME_DIR/alpharl` (XDG Base Directory Specification); else the configuration file's directory. State and
/// socket are decided apart. Variables that are empty or hold a relative path count as not set, as both sources demand.
public struct DefaultPlaces: Sendable, Equatable {
    /// Holds the store and the predictions.
    public let stateDirectory: String
    public let runtimeDirectory: String
    public let store: String
    public let predictions: String
    public let socket: String

    public init(environment: [String: String], configurationDirectory: String, runName: String) {
        let directory = { (variable: String) in DefaultPlaces.directory(in: environment[variable]) }
        let home = directory("XDG_STATE_HOME") ?? directory("HOME").map { $0 + "/.local/state" }
        stateDirectory =
            directory("STATE_DIRECTORY") ?? home.map { $0 + "/alpharl/" + runName } ?? configurationDirectory
        runtimeDirectory =
            directory("RUNTIME_DIRECTORY") ?? directory("XDG_RUNTIME_DIR").map { $0 + "/alpharl" }
            ?? configurationDirectory
        store = PathRules.normal(stateDirectory + "/store.sqlite")
        predictions = PathRules.normal(stateDirectory + "/predicted")
        socket = PathRules.normal(runtimeDirectory + "/" + runName + ".sock")
    }

    /// systemd joins several directories with colons; the first is the one that the unit names first.
    private static func directory(in value: String?) -> String? {
        guard let first = value?.split(separator: ":", maxSplits: 1).first, first.hasPrefix("/") else { return nil }
        return PathRules.normal(String(first))
    }
}
