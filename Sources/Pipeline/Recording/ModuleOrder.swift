import Checkpoints
import Vocabulary

extension [Module] {
    /// In the order in which the checkpoint's files hold them, so that disks read ahead.
    func inFileOrder(of source: any TensorSource) -> [Module] {
        let place = Dictionary(
            source.tensors.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
        return sorted {
            (place[$0.tensor] ?? .max, $0.slice ?? 0, $0.name) < (place[$1.tensor] ?? .max, $1.slice ?? 0, $1.name)
        }
    }

    /// The same with the last few in another order, the largest first: so that no thread begins a large one when there is
    /// nothing left for the others.
    func largestFirstAtTheEnd(by threads: Int) -> [Module] {
        let end = indices.suffix(8 * threads)
        let sorted = end.sorted {
            (-self[$0].rows * self[$0].columns, $0) < (-self[$1].rows * self[$1].columns, $1)
        }
        return dropLast(end.count) + sorted.map { self[$0] }
    }
}

extension [ModuleRecorder.Outcome] {
    /// Sums over all modules are the same to the last bit however many threads there are.
    func inOrder(of modules: [Module]) -> [ModuleRecorder.Outcome] {
        let place = Dictionary(uniqueKeysWithValues: modules.enumerated().map { ($0.element.name, $0.offset) })
        return sorted { (place[$0.module.name] ?? .max) < (place[$1.module.name] ?? .max) }
    }
}
