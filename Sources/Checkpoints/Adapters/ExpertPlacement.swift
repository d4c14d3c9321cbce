import Vocabulary

/// Finds the experts' matrices that the pairs of a module with `target_parameters` belong to.
///
/// The file does not say which parameter a pair is of: several are wrapped one in the other, in the order in which the
/// model declares them, which for experts is `gate_up_proj` before `down_proj`; shapes confirm it. The base holds the
/// experts as one tensor of three axes for a parameter, either way round, or as one matrix each, with the two halves of
/// `gate_up_proj` apart. Source: PEFT 0.21.2, `ParamWrapper`; transformers 5.23, `conversion_mapping.py`.
struct ExpertPlacement {
    typealias Difference = AdapterPlacement.Difference
    typealias Pair = LowRankAdapter.Pair

    let adapter: LowRankAdapter
    let base: any TensorSource
    let path: String

    /// One parameter of the module, as the base stores it.
    private enum Storage {
        /// `[experts, rows, columns]`.
        case stack(TensorDescription)
        /// For each expert the matrices of which the parameter is made, one above the other; all of one shape.
        case matrices(names: [String], experts: Int, rows: Int, columns: Int)
    }

    private static let declared = ["gate_up_proj", "down_proj"]

    func parts(_ pairs: [Pair]) -> Result<[AdapterPart], Difference> {
        do { return .success(try placed(pairs)) } catch { return .failure(error) }
    }

    private func placed(_ pairs: [Pair]) throws(Difference) -> [AdapterPart] {
        let names = try parameters()
        guard pairs.count == names.count else {
            throw Difference(line: "\(path) has \(pairs.count) pairs of matrices for \(names.count) parameters")
        }
        var storages: [Storage] = []
        for name in names { storages.append(try storage(of: name)) }
        let isSwapped = try isSwapped(pairs, storages)
        var parts: [AdapterPart] = []
        for (index, pair) in pairs.enumerated() {
            parts += try self.parts(pair, names[index], storages[index], isSwapped: isSwapped)
        }
        return parts
    }

    /// The targeted parameters of this module, in the order of their wrappers from the inside.
    private func parameters() throws(Difference) -> [String] {
        var names: [String] = []
        for target in adapter.settings.targetParameters {
            let name = target.split(separator: ".").last.map(String.init) ?? target
            let whole = "\(path).\(name)"
            if whole == target || whole.hasSuffix("." + target), !names.contains(name) { names.append(name) }
        }
        guard !names.isEmpty else { throw Difference(line: "\(path).weight is missing") }
        if names.count == 1 { return names }
        guard Set(names) == Set(Self.declared) else {
            throw Difference(line: "the order of \(names.joined(separator: ", ")) in \(path) is not known")
        }
        return Self.declared
    }

    private func storage(of parameter: String) throws(Difference) -> Storage {
        let whole = TensorName("\(path).\(parameter)")
        if let tensor = base.description(of: whole), tensor.shape.dimensions.count == 3 { return .stack(tensor) }
        let names = parameter == "gate_up_proj" ? ["gate_proj", "up_proj"] : [parameter]
        func shapes(_ expert: Int) -> [[Int]] {
            names.compactMap { base.description(of: TensorName("\(path).\(expert).\($0).weight"))?.shape.dimensions }
        }
        let first = shapes(0)
        guard first.count == names.count, let sizes = first.first, sizes.count == 2, Set(first).count == 1 else {
            throw Difference(line: "\(whole) is missing")
        }
        var experts = 1
        while shapes(experts) == first { experts += 1 }
        return .matrices(names: names, experts: experts, rows: sizes[0], columns: sizes[1])
    }

    /// Whether the stacks are stored `[experts, in, out]` as the adapter has in and out. One class holds all of them, so a
    /// parameter that is not square decides for one that is.
    private func isSwapped(_ pairs: [Pair], _ storages: [Storage]) throws(Difference) -> Bool {
        var squares = 0
        for (pair, storage) in zip(pairs, storages) {
            guard case .stack(let tensor) = storage else { return false }
            if pair.inputs == pair.outputs {
                squares += 1
            } else {
                return Array(tensor.shape.dimensions.dropFirst()) == [pair.inputs, pair.outputs]
            }
        }
        guard squares == 0 else {
            throw Difference(line: "the experts of \(path) are square: nothing tells which side is the input")
        }
        return false
    }

    private func parts(
        _ pair: Pair, _ parameter: String, _ storage: Storage, isSwapped: Bool
    ) throws(Difference) -> [AdapterPart] {
        let experts: Int, rows: Int, columns: Int, halves: Int
        switch storage {
        case .stack(let tensor):
            let sizes = tensor.shape.dimensions
            (experts, rows, columns, halves) = (sizes[0], sizes[1], sizes[2], 1)
        case .matrices(let names, let count, let height, let width):
            (experts, rows, columns, halves) = (count, height, width, names.count)
        }
        let expected = isSwapped ? [pair.inputs, pair.outputs] : [pair.outputs, pair.inputs]
        guard [rows * halves, columns] == expected, experts > 0, pair.stackedRank % experts == 0 else {
            throw Difference(
                line: "\(path).\(parameter) has \(experts) experts of \(rows * halves) x \(columns), expected "
                    + "\(expected[0]) x \(expected[1]) and a number that divides \(pair.stackedRank)")
        }
        let rank = pair.stackedRank / experts
        let scale = adapter.settings.scale(of: "\(path).\(parameter)", rank: rank)
        return (0..<experts).flatMap { expert in
            (0..<halves).map { half in
                AdapterPart(
                    module: module(storage, expert, half, rows, columns), scale: scale, innerRank: rank,
                    down: pair.down, up: pair.up, isSwapped: isSwapped, expert: expert, expertCount: experts,
                    upRows: halves == 1 ? 0..<pair.outputs : half * rows..<(half + 1) * rows)
            }
        }
    }

    private func module(_ storage: Storage, _ expert: Int, _ half: Int, _ rows: Int, _ columns: Int) -> Module {
        switch storage {
        case .stack(let tensor): Module(sliceOf: tensor.name, at: expert, rows: rows, columns: columns)
        case .matrices(let names, _, _, _):
            Module(name: TensorName("\(path).\(expert).\(names[half]).weight"), rows: rows, columns: columns)
        }
    }
}
