import Checkpoints
import Files

/// The ways in which trainers end a save.
extension CandidateFolder {
    /// A file that is written after everything else, and again when the folder is.
    ///
    /// - Parameters:
    ///   - folder: where the marker lies.
    ///   - words: who writes it, for the reason: "prime-rl".
    func marked(by name: String, in folder: String, writtenBy words: String) throws(Obstacle) -> CheckpointCompleteness
    {
        guard let marker = try status(of: name, in: folder) else {
            return .incomplete(reason: "\(name), which \(words) writes last, is not there")
        }
        let time = marker.identity.modificationTimeNanoseconds
        let weights = try weights(saveHasEnded: true, endedAt: time)
        guard time < weights.newestModification else { return .complete(weights, .marked) }
        return .complete(
            weights, .doubtful(reason: "weights are newer than \(name): copied, or an old checkpoint written again"))
    }

    /// Files that are written after the weights and prove nothing by themselves: with one of them two equal looks are
    /// enough, without one they lie further apart.
    func followed(by names: [String], writtenBy words: String) throws(Obstacle) -> CheckpointCompleteness {
        let weights = try weights(saveHasEnded: false)
        for name in names {
            guard let last = try status(of: name, in: candidate.directory) else { continue }
            if last.identity.modificationTimeNanoseconds >= weights.newestModification {
                return .complete(weights, .unmarked)
            }
        }
        return .complete(
            weights,
            .doubtful(
                reason: "no \(names.joined(separator: " or ")) that is newer than the weights, which \(words) writes "
                    + "after them, and no end marker"))
    }

    /// Nil where nothing of that name is there. Links are followed.
    func status(of name: String, in folder: String) throws(Obstacle) -> FileStatus? {
        do { return try FileTree(calls: calls).status(of: FileTree.join(folder, name), followingLinks: true) } catch {
            throw Obstacle(error)
        }
    }
}

/// Which of several places in a step's folder has the weights.
struct WeightPlaces {
    let calls: FileSystemCalls

    /// The first of `places` below `folder` (empty: itself) with a safetensors file or an index, or a file of the name
    /// `other`; nil where none has.
    func first(of places: [String], below folder: String, orWith other: String? = nil) throws(LayoutError) -> String? {
        for place in places {
            let path = place.isEmpty ? folder : FileTree.join(folder, place)
            if try names(in: path).contains(where: { Self.isWeights($0) || $0 == other }) { return path }
        }
        return nil
    }

    static func isWeights(_ name: String) -> Bool {
        !TemporaryNames.isTemporary(name)
            && (name.hasSuffix(".safetensors") || name.hasSuffix(".safetensors.index.json")
                || LowRankAdapter.weightsNames.contains(name))
    }

    /// None where the folder is not there or may not be looked into: that is judged when its turn comes.
    func names(in folder: String) throws(LayoutError) -> [String] {
        do { return try FileTree(calls: calls).names(in: folder) } catch {
            guard error.isVanished || error.isPermission else { throw .file(error) }
            return []
        }
    }
}
