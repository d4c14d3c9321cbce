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
        let contents = try AdapterContents(request, type: settings.dtype == .bfloat16 ? .bfloat16 : .float32)
        let configuration = AdapterConfiguration(
            rank: request.rank, targetModules: AdapterTarget.names(of: contents.targets, in: request.base),
            base: request.base.directory)
        try checkSpace(contents.byteCount, at: FileTree.split(path).folder)
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
}
