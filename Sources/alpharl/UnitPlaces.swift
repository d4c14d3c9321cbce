import Foundation

/// The places that `alpharl@NAME.service` gives the daemon, for commands that look at its configuration from a shell, where
/// systemd has set none of them.
struct UnitPlaces: Equatable {
    /// `StateDirectory=` of the unit: it is made at the start, and nothing else below `/var/lib` may be written to.
    let state: String
    /// `RUNTIME_DIRECTORY=` of the unit, made by alpharl.tmpfiles.
    let runtime = "/run/alpharl"

    /// Nil for a configuration that no system unit reads, and inside a unit, which has its places.
    init?(configuration path: String, environment: [String: String]) {
        guard environment["STATE_DIRECTORY"] == nil, environment["RUNTIME_DIRECTORY"] == nil else { return nil }
        let file = URL(filePath: path).standardizedFileURL
        guard file.deletingLastPathComponent().path() == "/etc/alpharl/", file.pathExtension == "toml" else {
            return nil
        }
        state = "/var/lib/alpharl/" + file.deletingPathExtension().lastPathComponent
    }

    /// The environment with what the unit adds to it.
    func adding(to environment: [String: String]) -> [String: String] {
        environment.merging(["STATE_DIRECTORY": state, "RUNTIME_DIRECTORY": runtime]) { given, _ in given }
    }

    /// Whether the unit may write there as it is shipped.
    func allows(_ path: String) -> Bool {
        [state, runtime].contains { path == $0 || path.hasPrefix($0 + "/") }
    }

    func isMadeByTheUnit(_ path: String) -> Bool { path == state || path.hasPrefix(state + "/") }
}
