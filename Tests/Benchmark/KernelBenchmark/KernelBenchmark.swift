import Foundation

/// Measures the numeric core without files or store around it, for `deploy/benchmark`; prints JSON.
@main struct KernelBenchmark {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        switch arguments.first {
        case "bandwidth":
            print(String(decoding: try encoder.encode(Bandwidth.measure()), as: UTF8.self))
        case "factor" where arguments.count == 6:
            let result = try Factoring.measure(
                base: arguments[1], earlier: arguments[2], checkpoint: arguments[3], rank: Int(arguments[4]) ?? 1,
                repeats: Int(arguments[5]) ?? 3)
            print(String(decoding: try encoder.encode(result), as: UTF8.self))
        default:
            FileHandle.standardError.write(
                Data("usage: KernelBenchmark bandwidth | factor BASE EARLIER CHECKPOINT RANK REPEATS\n".utf8))
            exit(64)
        }
    }
}
