import Files
import Vocabulary

/// What is wrong with `model.safetensors.index.json`.
public enum IndexProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLarge(bytes: Int64)
    case notJSON(JSONProblem)
    case noWeightMap
    case duplicateField(String)
    case duplicateTensor(String)
    case tooManyFiles
    /// Not the plain name of a safetensors file in the same folder.
    case unsafeFileName(String)
    case missingFile(String)
    case tensorNotInFile(tensor: String, file: String)
    case tensorNotInIndex(tensor: String, file: String)

    public var description: String {
        switch self {
        case .tooLarge(let bytes):
            "it is too large (got \(bytes) bytes, expected at most \(SafetensorsLimits.indexBytes))"
        case .notJSON(let problem): "it is not what it should be: \(problem)"
        case .noWeightMap: "it has no 'weight_map'"
        case .duplicateField(let field): "it has two fields '\(field)' (expected one)"
        case .duplicateTensor(let name): "its weight_map names the tensor \(shown(name)) twice (expected once)"
        case .tooManyFiles: "it names too many files (expected at most \(SafetensorsLimits.files))"
        case .unsafeFileName(let name):
            "its weight_map names a file outside its folder or of another kind (got \(shown(name)), expected a name like "
                + "model-00001-of-00002.safetensors)"
        case .missingFile(let name): "the file \(shown(name)) that it names is not there"
        case .tensorNotInFile(let tensor, let file):
            "the tensor \(shown(tensor)) is not in \(shown(file)), where it says it is"
        case .tensorNotInIndex(let tensor, let file):
            "the tensor \(shown(tensor)) of \(shown(file)) is not in its weight_map"
        }
    }
}

/// `model.safetensors.index.json`: which tensor lies in which file. Its names are taken for hostile: a file must be
/// one of the same folder.
struct ShardIndex {
    static let fileName = "model.safetensors.index.json"

    /// File names in byte order.
    let fileNames: [String]
    let fileOfTensor: [String: String]

    /// - Parameter suffix: of the files that it may name.
    init(json: [UInt8], suffix: String = ".safetensors") throws(IndexProblem) {
        var map: [String: String]?
        var scanner: JSONScanner
        do { scanner = try JSONScanner(json) } catch { throw .notJSON(error) }
        try scanner.object(
            member: { (scanner, key) throws(IndexProblem) in
                if key == "weight_map" {
                    guard map == nil else { throw .duplicateField(key) }
                    map = try Self.weightMap(&scanner, suffix)
                } else {
                    do throws(JSONProblem) { try scanner.skip() } catch { throw .notJSON(error) }
                }
            }, problem: { .notJSON($0) })
        do { try scanner.end() } catch { throw .notJSON(error) }
        guard let map else { throw .noWeightMap }
        fileOfTensor = map
        fileNames = Set(map.values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard fileNames.count <= SafetensorsLimits.files else { throw .tooManyFiles }
    }

    private static func weightMap(
        _ scanner: inout JSONScanner, _ suffix: String
    ) throws(IndexProblem) -> [String: String] {
        var map: [String: String] = [:]
        try scanner.object(
            member: { (scanner, tensor) throws(IndexProblem) in
                let file: String
                do throws(JSONProblem) { file = try scanner.string() } catch { throw .notJSON(error) }
                guard FileTree.isPlainName(file), !file.hasPrefix("."), file.hasSuffix(suffix) else {
                    throw .unsafeFileName(file)
                }
                guard map.updateValue(file, forKey: tensor) == nil else { throw .duplicateTensor(tensor) }
            }, problem: { .notJSON($0) })
        return map
    }

    /// Index and files must name the same tensors in the same files.
    func check(_ files: [(name: String, tensors: [String])]) throws(IndexProblem) {
        var found = 0
        for (file, tensors) in files {
            for tensor in tensors {
                guard let said = fileOfTensor[tensor] else { throw .tensorNotInIndex(tensor: tensor, file: file) }
                guard said == file else { throw .tensorNotInFile(tensor: tensor, file: said) }
                found += 1
            }
        }
        guard found < fileOfTensor.count else { return }
        let present = Set(files.flatMap(\.tensors))
        let missing = fileOfTensor.filter { !present.contains($0.key) }.min { $0.key < $1.key }
        if let missing { throw .tensorNotInFile(tensor: missing.key, file: missing.value) }
    }
}
