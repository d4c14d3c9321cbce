import Files
import Glibc
import Synchronization

/// The system's calls, with a model beside them of what a disk would hold if the power failed after each of them.
/// Only what happens below `root` is modelled, which is empty at first; writing is by appending, as this program writes.
public final class PowerLossFileSystem: Sendable {
    private struct State {
        var disk = DiskModel()
        var open: [Int32: Int] = [:]
        var moments: [DiskModel] = [DiskModel()]
    }

    private let root: String
    private let state = Mutex(State())

    public init(root: String) { self.root = root }

    /// The disk before the first change and after each one.
    public var moments: [DiskModel] { state.withLock { $0.moments } }

    private func parts(_ path: String) -> [String]? {
        guard path == root || path.hasPrefix(root + "/") else { return nil }
        return path.dropFirst(root.count).split(separator: "/").map(String.init)
    }

    /// Notes a change that the system has made.
    private func note(_ change: (inout State) -> Void) {
        state.withLock { state in
            change(&state)
            state.moments.append(state.disk)
        }
    }

    public var calls: FileSystemCalls {
        var calls = FileSystemCalls.system
        addFiles(to: &calls)
        addNames(to: &calls)
        return calls
    }

    private func addFiles(to calls: inout FileSystemCalls) {
        let system = FileSystemCalls.system
        calls.open = { (path, flags, mode) throws(SystemCallFailure) in
            let descriptor = try system.open(path, flags, mode)
            guard let parts = self.parts(path) else { return descriptor }
            if flags & O_CREAT != 0 {
                self.note { $0.open[descriptor] = $0.disk.make(.file(written: [], flushed: []), at: parts) }
            } else {
                self.state.withLock { $0.open[descriptor] = $0.disk.find(parts) }
            }
            return descriptor
        }
        calls.close = { (descriptor) throws(SystemCallFailure) in
            self.state.withLock { $0.open[descriptor] = nil }
            try system.close(descriptor)
        }
        calls.write = { (descriptor, bytes) throws(SystemCallFailure) in
            let count = try system.write(descriptor, bytes)
            let copy = (0..<count).map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
            self.note { state in if let place = state.open[descriptor] { state.disk.append(copy, to: place) } }
            return count
        }
        calls.synchronize = { (descriptor) throws(SystemCallFailure) in
            try system.synchronize(descriptor)
            self.note { state in if let place = state.open[descriptor] { state.disk.flush(place) } }
        }
    }

    private func addNames(to calls: inout FileSystemCalls) {
        let system = FileSystemCalls.system
        calls.makeDirectory = { (path, mode) throws(SystemCallFailure) in
            try system.makeDirectory(path, mode)
            guard let parts = self.parts(path), !parts.isEmpty else { return }
            self.note { _ = $0.disk.make(.folder(written: [:], flushed: [:]), at: parts) }
        }
        calls.makeSymbolicLink = { (target, path) throws(SystemCallFailure) in
            try system.makeSymbolicLink(target, path)
            if let parts = self.parts(path) { self.note { _ = $0.disk.make(.link(target), at: parts) } }
        }
        calls.rename = { (source, path) throws(SystemCallFailure) in
            try system.rename(source, path)
            self.noteMove(source, path)
        }
        calls.renameWithoutReplacing = { (source, path) throws(SystemCallFailure) in
            try system.renameWithoutReplacing(source, path)
            self.noteMove(source, path)
        }
        for remove in [\FileSystemCalls.unlink, \FileSystemCalls.removeDirectory] {
            calls[keyPath: remove] = { (path) throws(SystemCallFailure) in
                try system[keyPath: remove](path)
                if let parts = self.parts(path) { self.note { $0.disk.set(nil, at: parts) } }
            }
        }
    }

    private func noteMove(_ source: String, _ path: String) {
        guard let from = parts(source), let to = parts(path) else { return }
        note { state in
            let node = state.disk.find(from)
            state.disk.set(nil, at: from)
            state.disk.set(node, at: to)
        }
    }
}
