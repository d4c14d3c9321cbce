import CBuildInformation

/// Which program this is.
enum BuildInformation {
    /// Semantic versioning; the same as the newest heading of CHANGELOG.md that has a number.
    static let version = "0.1.0"

    /// The commit it was built from, 40 hexadecimal digits; nil when built outside a git checkout.
    static var commit: String? {
        let text = unsafe String(cString: alpharl_build_commit())
        return text.isEmpty ? nil : text
    }
}
