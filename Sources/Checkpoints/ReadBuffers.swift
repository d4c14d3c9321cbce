import Files
import Synchronization
import Vocabulary

/// Memory that one weight after another is read into. New memory costs more than what is copied into it: the kernel clears
/// each page first, and a virtual machine may have to ask its host for it. May be used from several threads at once.
public final class ReadBuffers: Sendable {
    private struct Free {
        var halves: [[UInt16]] = []
        var singles: [[Float]] = []
        var doubles: [[Double]] = []
    }

    private let free = Mutex(Free())

    public init() {}

    /// Takes the memory of `values` for what is read next. Whoever still holds them keeps them as they are.
    public func giveBack(_ values: TensorValues) {
        free.withLock { free in
            switch values {
            case .bfloat16(let bits), .float16(let bits): free.halves.append(bits)
            case .float32(let values): free.singles.append(values)
            case .float64(let values): free.doubles.append(values)
            }
        }
    }

    func halves(_ count: Int) -> [UInt16]? { free.withLock { Self.take(&$0.halves, count) } }
    func singles(_ count: Int) -> [Float]? { free.withLock { Self.take(&$0.singles, count) } }
    func doubles(_ count: Int) -> [Double]? { free.withLock { Self.take(&$0.doubles, count) } }

    /// The smallest that is large enough, cut or filled up to `count` numbers of unspecified value. Where none is, nil, and
    /// the largest goes: what is made in its place will be of more use.
    private static func take<Number: PlainNumber>(_ free: inout [[Number]], _ count: Int) -> [Number]? {
        let fitting = free.indices.filter { free[$0].capacity >= count }.min { free[$0].capacity < free[$1].capacity }
        guard let place = fitting else {
            if let largest = free.indices.max(by: { free[$0].capacity < free[$1].capacity }) {
                free.remove(at: largest)
            }
            return nil
        }
        var taken = free.remove(at: place)
        if taken.count > count {
            taken.removeLast(taken.count - count)
        } else {
            taken.append(contentsOf: repeatElement(.zero, count: count - taken.count))
        }
        return taken
    }
}
