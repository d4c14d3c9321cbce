import Foundation
import FuzzTargets

// `ALPHARL_FUZZ` names the target: see Tests/Fuzz/run.
private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["ALPHARL_FUZZ"] ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
        FileHandle.standardError.write(
            Data("no fuzz target \(name.debugDescription); ALPHARL_FUZZ is one of \(names)\n".utf8))
        exit(64)
    }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
