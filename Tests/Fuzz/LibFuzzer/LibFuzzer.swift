import Foundation
import FuzzTargets

/// libFuzzer's own loop (FuzzerInterface.h). Its library brings a main function too; SwiftPM gives every program one of
/// its own, so the loop is called from there.
@_silgen_name("LLVMFuzzerRunDriver")
private func runLibFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ tryOne: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// `ALPHARL_FUZZ` names the target: see Tests/Fuzz/run.
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

@main enum LibFuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runLibFuzzer(&count, &arguments, fuzzOneInput))
    }
}
