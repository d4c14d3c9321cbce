import Checkpoints
import Files
import Vocabulary

extension PredictedCheckpointBuilder {
    /// Writes `step-TARGET-from-FROM-adapter`, as `publish` does the full form: `adapter_model.safetensors`,
    /// `adapter_config.json` and the manifest. In float32 unless `emit.dtype` is bfloat16 (rounded once, nearest even).
    ///
    /// `latest` points to it only while the full form of the same prediction is not there. Memory: the adapter, and
    /// one module's share of it once more. Throws `.notAdaptable` for a module that an adapter cannot name.
    public func publish(_ request: AdapterRequest) throws(EmissionError) -> PublishedPrediction {
        try publish(request.provenance, as: .adapter) { path in try write(request, to: path) }
    }

    private func write(_ request: AdapterRequest, to path: String) throws -> PredictionManifest {
        try refuseTransposedWeights(of: request)
        let contents = try AdapterContents(request, type: settings.dtype == .bfloat16 ? .bfloat16 : .float32)
        let configuration = AdapterConfiguration(
            rank: request.rank, targetModules: AdapterTarget.names(of: contents.targets, in: request.base),
            base: request.base.directory)
        try checkSpace(contents.byteCount, at: FileTree.split(path).folder)
        announce(contents.byteCount)
        return try AtomicPublisher(calls: calls).publishDirectory(at: path) { folder in
            try folder.addFile(named: AdapterTarget.weightsName) { try contents.write(to: $0) }
            try folder.addFile(named: AdapterTarget.configurationName, contents: configuration.encoded())
            let manifest = PredictionManifest(
                provenance: request.provenance, anchorStep: request.anchorStep, format: .adapter,
                dtype: CompositionPlan.configurationName(contents.type), files: folder.files, program: program,
                createdAt: request.createdAt,
                adapter: AdapterDescription(rank: contents.rank, updates: contents.updates))
            try folder.addFile(named: PredictionManifest.fileName, contents: try manifest.encoded())
            return manifest
        }
    }

    /// Which side of such a weight is A's and which is B's is the other way round, and servers do not agree on it.
    private func refuseTransposedWeights(of request: AdapterRequest) throws {
        let path = FileTree.join(request.base.directory, SideFiles.configuration)
        guard let module = request.updates.first?.module,
            try FileTree(calls: calls).status(of: path, followingLinks: true)?.kind == .regular
        else { return }
        let reader = try FileReader(path: path, calls: calls)
        let text = try reader.read(count: Int(min(reader.identity.size, ModelConfiguration.maximumBytes)), at: 0)
        guard let type = try ModelConfiguration.modelType(in: text, path: path),
            AdapterTarget.transposedModels.contains(type)
        else { return }
        throw EmissionError.notAdaptable(module.name, reason: "models of type \(type) store their weights transposed")
    }
}
