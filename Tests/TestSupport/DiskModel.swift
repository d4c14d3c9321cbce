import Foundation

/// What a disk holds below one folder, and what of it would be left after a power loss: a file's bytes are safe once the
/// file was flushed, a name once its folder was. Everything else may be there, or not, or in part.
public struct DiskModel: Sendable {
    enum Node: Sendable {
        case file(written: [UInt8], flushed: [UInt8])
        case folder(written: [String: Int], flushed: [String: Int])
        case link(String)
    }

    /// What became of that which was not flushed.
    public enum Loss: Hashable, Sendable {
        /// All of it is gone.
        case everything
        /// Every name is there, no byte that was not flushed.
        case contents
        /// Each name and the end of each file by itself, as a seed decides.
        case some(seed: UInt64)
    }

    private var nodes: [Node] = [.folder(written: [:], flushed: [:])]

    init() {}

    /// The node that a path below the folder names, from its parts.
    func find(_ parts: [String]) -> Int? {
        var place = 0
        for part in parts {
            guard case .folder(let names, _) = nodes[place], let next = names[part] else { return nil }
            place = next
        }
        return place
    }

    mutating func make(_ node: Node, at parts: [String]) -> Int? {
        nodes.append(node)
        set(nodes.count - 1, at: parts)
        return nodes.count - 1
    }

    mutating func set(_ node: Int?, at parts: [String]) {
        guard let name = parts.last, let folder = find(parts.dropLast()),
            case .folder(var written, let flushed) = nodes[folder]
        else { return }
        written[name] = node
        nodes[folder] = .folder(written: written, flushed: flushed)
    }

    mutating func append(_ bytes: [UInt8], to place: Int) {
        guard case .file(let written, let flushed) = nodes[place] else { return }
        nodes[place] = .file(written: written + bytes, flushed: flushed)
    }

    mutating func flush(_ place: Int) {
        switch nodes[place] {
        case .file(let written, _): nodes[place] = .file(written: written, flushed: written)
        case .folder(let written, _): nodes[place] = .folder(written: written, flushed: written)
        case .link: break
        }
    }

    /// Writes what is left after the loss into a folder that is there and empty.
    public func restore(after loss: Loss, to folder: String) throws { try restore(0, after: loss, to: folder) }

    private func restore(_ place: Int, after loss: Loss, to path: String) throws {
        switch nodes[place] {
        case .link(let target): try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
        case .file(let written, let flushed):
            let kept =
                flushed + written.dropFirst(flushed.count).prefix(Self.kept(of: written, beyond: flushed, place, loss))
            try Data(kept).write(to: URL(filePath: path))
        case .folder(let written, let flushed):
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for (name, node) in Self.names(written, flushed, loss) {
                try restore(node, after: loss, to: path + "/" + name)
            }
        }
    }

    private static func kept(of written: [UInt8], beyond flushed: [UInt8], _ place: Int, _ loss: Loss) -> Int {
        guard case .some(let seed) = loss, written.count > flushed.count else { return 0 }
        var generator = SeededGenerator(seed: seed &+ UInt64(place) &* 7919)
        return Int.random(in: 0...(written.count - flushed.count), using: &generator)
    }

    /// A rename is one step of a journal: the old name goes when the new one comes.
    private static func names(_ written: [String: Int], _ flushed: [String: Int], _ loss: Loss) -> [String: Int] {
        switch loss {
        case .everything: return flushed
        case .contents: return written
        case .some(let seed):
            func isKept(_ node: Int) -> Bool {
                var generator = SeededGenerator(seed: seed &* 31 &+ UInt64(node))
                return Bool.random(using: &generator)
            }
            var names = flushed
            for (name, node) in flushed where written[name] == nil && isKept(node) { names[name] = nil }
            for (name, node) in written where flushed[name] != node && isKept(node) { names[name] = node }
            return names
        }
    }
}
