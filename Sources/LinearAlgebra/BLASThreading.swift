import COpenBLAS

/// BLAS runs on the thread that calls it: parallel work is divided by module, and one module's result must not
/// depend on how many threads there are.
enum BLASThreading {
    private static let once: Void = openblas_set_num_threads(1)

    static func ensureOne() { once }
}

/// What `alpharl version` and `alpharl doctor` say of the BLAS in use.
public enum BLASInformation {
    /// The library's own words: version, options and the processor that its kernels were chosen for.
    public static var description: String {
        BLASThreading.ensureOne()
        guard let words = unsafe openblas_get_config() else { return "OpenBLAS of unknown version" }
        return unsafe String(cString: words)
    }
}
