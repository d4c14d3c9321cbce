import Files

/// The shards that verl's FSDP engine writes, one file for each rank: `model_world_size_W_rank_R.pt`.
///
/// Which W counts is said by `fsdp_config.json` (verl 0.5 and later), since a run that goes on with another number of
/// GPUs leaves the files of both; without it there must be one W only. A tensor cut along an axis of d rows over S ranks
/// has rows `[min(rc, d), min((r + 1)c, d))` on rank r, c = ceil(d / S) (`torch.chunk`), trailing ranks possibly none;
/// with replicas (HSDP, ranks in rows of S) the first S ranks have all of it and the others repeat it. What is not
/// cut must be the same on every rank. Source: verl `fsdp_checkpoint_manager.py`, `fsdp_model_merger.py` 0.4 to 0.9.1.
public enum FSDPShards {
    public static let configurationName = "fsdp_config.json"

    /// W and R of a file's name; nil for other names.
    public static func rank(ofFile name: String) -> (world: Int, rank: Int)? {
        guard let match = name.wholeMatch(of: /model_world_size_([1-9][0-9]{0,5})_rank_(0|[1-9][0-9]{0,5})\.pt/),
            let world = Int(match.output.1), let rank = Int(match.output.2)
        else { return nil }
        return (world, rank)
    }

    static func fileName(world: Int, rank: Int) -> String { "model_world_size_\(world)_rank_\(rank).pt" }

    /// How many ranks the shards that count are of.
    ///
    /// - Parameters:
    ///   - names: of the files in the folder.
    ///   - configuration: the content of `fsdp_config.json`, where there is one.
    /// - Throws: where ranks are missing, or nothing says which of two numbers counts.
    public static func world(names: [String], configuration: [UInt8]?) throws(ShardProblem) -> Int {
        let found = names.compactMap { rank(ofFile: $0) }
        let worlds = Set(found.map(\.world)).sorted()
        let world: Int
        if let configuration {
            guard let said = said(by: configuration) else { throw .badWorld(file: configurationName) }
            guard worlds.contains(said) else { throw .noWorld(said: said, found: worlds) }
            world = said
        } else {
            guard worlds.count == 1 else { throw .severalWorlds(worlds) }
            world = worlds[0]
        }
        guard world <= TorchLimits.files else { throw .badWorld(file: fileName(world: world, rank: 0)) }
        let ranks = Set(found.filter { $0.world == world }.map(\.rank))
        let missing = (0..<world).filter { !ranks.contains($0) }
        guard missing.isEmpty else { throw .missingRanks(missing, world: world) }
        return world
    }

    /// `world_size`, from 1 to 999,999.
    private static func said(by json: [UInt8]) -> Int? {
        do {
            var world: Int?
            var scanner = try JSONScanner(json)
            try scanner.object(
                member: { (scanner, key) throws(JSONProblem) in
                    if key == "world_size" { world = try scanner.count() } else { try scanner.skip() }
                }, problem: { $0 })
            try scanner.end()
            return world.flatMap { (1...999_999).contains($0) ? $0 : nil }
        } catch { return nil }
    }

    /// The tensors that the ranks' files make together, in the order of rank 0.
    ///
    /// - Parameter ranks: for each rank what its file holds, and where its numbers lie.
    static func assemble(_ ranks: [Rank]) throws(ShardProblem) -> [AssembledTensor] {
        guard let first = ranks.first else { return [] }
        for (number, rank) in ranks.enumerated() {
            if let other = rank.names.first(where: { first.parts[$0] == nil }) {
                throw .missingOnRank(tensor: other, rank: 0)
            }
            if let missing = first.names.first(where: { rank.parts[$0] == nil }) {
                throw .missingOnRank(tensor: missing, rank: number)
            }
        }
        let groups = try first.names.map { name throws(ShardProblem) in
            try Parts(name: name, ranks: ranks.compactMap { $0.parts[name] })
        }
        let size = try shardCount(of: groups, world: ranks.count)
        return try groups.map { group throws(ShardProblem) in try group.assembled(over: size) }
    }

    /// Over how many ranks tensors are cut: all of them, or with replicas the least divisor that fits every tensor.
    private static func shardCount(of groups: [Parts], world: Int) throws(ShardProblem) -> Int {
        let cut = groups.filter { $0.axis != nil }
        guard cut.contains(where: \.hasReplicas) else { return world }
        return (1...world).first { size in world % size == 0 && cut.allSatisfy { $0.fits(size) } } ?? world
    }

    /// One rank's file.
    struct Rank: Sendable {
        let names: [String]
        let parts: [String: Part]

        init(_ list: [(name: String, tensor: TorchTensor, place: StridedBytes)]) {
            names = list.map(\.name)
            parts = Dictionary(list.map { ($0.name, Part(tensor: $0.tensor, place: $0.place)) }) { first, _ in first }
        }
    }

    struct Part: Sendable {
        let tensor: TorchTensor
        let place: StridedBytes
    }

    /// What every rank has of one tensor.
    private struct Parts {
        let name: String
        let ranks: [Part]
        /// Along which it is cut; nil where every rank has all of it.
        let axis: Int?
        let hasReplicas: Bool
        let shape: [Int]

        init(name: String, ranks: [Part]) throws(ShardProblem) {
            self.name = name
            self.ranks = ranks
            let first = ranks[0].tensor
            for (number, part) in ranks.enumerated() {
                guard part.tensor.local.type == first.local.type else {
                    throw .differsBetweenRanks(tensor: name, rank: number, what: "type")
                }
                guard part.tensor.distribution == first.distribution else {
                    throw .differsBetweenRanks(tensor: name, rank: number, what: "shape or placement")
                }
            }
            let placements = first.distribution?.placements ?? []
            let axes = placements.compactMap { if case .shard(let axis) = $0 { axis } else { nil } }
            if let axis = axes.first {
                guard axes.count == 1, placements.last == .shard(axis: axis) else {
                    throw .placement(
                        tensor: name,
                        words: "it is cut along more than one axis of the processes, or replicated within a group "
                            + "(tensor parallelism beside FSDP)")
                }
            }
            axis = axes.first
            hasReplicas = placements.count > 1
            shape = first.distribution?.shape ?? first.local.shape
        }

        /// The local shape that `torch.chunk` gives a rank.
        private func expected(on rank: Int, of size: Int, _ axis: Int) -> [Int] {
            var expected = shape
            let rows = (shape[axis] + size - 1) / size
            expected[axis] = min((rank % size + 1) * rows, shape[axis]) - min(rank % size * rows, shape[axis])
            return expected
        }

        func fits(_ size: Int) -> Bool {
            guard let axis else { return true }
            return ranks.indices.allSatisfy { ranks[$0].tensor.local.shape == expected(on: $0, of: size, axis) }
        }

        func assembled(over size: Int) throws(ShardProblem) -> AssembledTensor {
            let type = ranks[0].tensor.local.type
            guard let axis else {
                for (number, part) in ranks.enumerated() where part.tensor.local.shape != shape {
                    throw .wrongRows(tensor: name, rank: number, got: part.tensor.local.shape, of: shape)
                }
                let piece = TensorPiece.whole(
                    shape, .strided(ranks[0].place), copies: ranks.dropFirst().map { .strided($0.place) })
                return try AssembledTensor(name: name, type: type, shape: shape, pieces: [piece])
            }
            var pieces: [TensorPiece] = []
            var offsets = [Int](repeating: 0, count: shape.count)
            for (number, part) in ranks.enumerated() {
                let local = part.tensor.local.shape
                guard local == expected(on: number, of: size, axis) else {
                    throw .wrongRows(tensor: name, rank: number, got: local, of: shape)
                }
                guard number < size else { continue }
                pieces.append(TensorPiece(offsets: offsets, sizes: local, content: .strided(part.place)))
                offsets[axis] += local[axis]
            }
            return try AssembledTensor(name: name, type: type, shape: shape, pieces: pieces)
        }
    }
}
