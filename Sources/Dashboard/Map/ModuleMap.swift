import StatusAPI
import Vocabulary

/// The modules by layer and kind. One cell holds one module, or many: the experts of a layer.
struct ModuleMap: Sendable {
    struct Cell: Sendable {
        let layer: Int?
        let kind: String
        /// By name, never empty.
        let modules: [ModuleDocument]
        /// Medians over the modules; nil where none has the number.
        let energyShare: Double?
        /// 1 minus the error of the newest backtest on the module alone.
        let skill: Double?
        let unchangedShare: Double?

        init(layer: Int?, kind: String, modules: [ModuleDocument]) {
            self.layer = layer
            self.kind = kind
            self.modules = modules
            energyShare = Self.median(modules.compactMap(\.energyShare))
            skill = Self.median(modules.compactMap { $0.backtestError.map { 1 - $0 } })
            unchangedShare = Self.median(modules.compactMap(\.unchangedShare))
        }

        /// The one to look at first.
        var mostMoved: ModuleDocument { modules.max { ($0.relativeNorm ?? 0) < ($1.relativeNorm ?? 0) } ?? modules[0] }

        private static func median(_ values: [Double]) -> Double? {
            guard !values.isEmpty else { return nil }
            let sorted = values.sorted()
            let middle = sorted.count / 2
            return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        }
    }

    private struct Key: Hashable {
        let layer: Int?
        let kind: String
    }

    /// Nil, for what is outside the layers, comes last.
    let layers: [Int?]
    let kinds: [String]
    /// What the strongest colour of energy shares stands for, a round number of 0.1...1: on large models they are all small.
    let mostEnergy: Double
    private let cells: [Key: Cell]

    /// Cost: one pass over the modules, and a sort of each cell.
    init(_ modules: [ModuleDocument]) {
        let grouped = Dictionary(grouping: modules) { module in
            let place = ModulePlace(module.name)
            return Key(layer: place.layer, kind: place.kind)
        }
        cells = Dictionary(
            uniqueKeysWithValues: grouped.map { key, modules in
                (key, Cell(layer: key.layer, kind: key.kind, modules: modules))
            })
        layers = Set(grouped.keys.map(\.layer)).sorted { ($0 ?? .max) < ($1 ?? .max) }
        kinds = Set(grouped.keys.map(\.kind)).sorted(by: ModulePlace.precedes)
        let largest = modules.compactMap(\.energyShare).max() ?? 1
        mostEnergy = min(1, max(1, (largest * 10).rounded(.up)) / 10)
    }

    func cell(layer: Int?, kind: String) -> Cell? { cells[Key(layer: layer, kind: kind)] }

    /// The modules that share a cell with `name`, in the order of their numbers.
    func siblings(of name: TensorName) -> [ModuleDocument] {
        let place = ModulePlace(name)
        let modules = cell(layer: place.layer, kind: place.kind)?.modules ?? []
        return modules.map { ($0, ModulePlace($0.name).members) }
            .sorted { $0.1.lexicographicallyPrecedes($1.1) }.map(\.0)
    }
}
