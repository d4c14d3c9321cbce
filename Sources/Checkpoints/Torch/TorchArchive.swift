import Files

/// A file of `torch.save`, or a part of a file that is one: its container, and the tree of its `data.pkl`.
struct TorchArchive: Sendable {
    let file: FileReader
    private let zip: ZipArchive
    /// What stands before `data.pkl` and `data/KEY`: the name that the archive was saved under, with a slash.
    private let prefix: String

    /// Reads the directory at the end: enough to know that the file is whole.
    ///
    /// - Parameter range: where in the file the archive lies; all of it without one.
    init(_ file: FileReader, in range: Range<Int64>? = nil) throws(CheckpointError) {
        self.file = file
        zip = try ZipArchive(file, in: range)
        let pickles = zip.members.keys.filter { $0.hasSuffix("/data.pkl") }
        guard pickles.count == 1, let pickle = pickles.first else { throw .archive(file: file.path, .noPickle) }
        prefix = String(pickle.dropLast("data.pkl".count))
        guard zip.members[prefix + "constants.pkl"] == nil, !zip.members.keys.contains(where: { $0.contains("/code/") })
        else { throw .archive(file: file.path, .program) }
    }

    /// The tensors of the state dictionary that it holds.
    func stateDictionary() throws(CheckpointError) -> [(name: String, tensor: TorchTensor)] {
        let (reader, root) = try pickle()
        do { return try reader.tensors(of: root) } catch { throw .archive(file: file.path, error) }
    }

    /// The one tensor that it holds.
    func tensor(_ name: String) throws(CheckpointError) -> TorchTensor {
        let (reader, root) = try pickle()
        do { return try reader.tensor(root, name) } catch { throw .archive(file: file.path, error) }
    }

    private func pickle() throws(CheckpointError) -> (TorchStateReader, PickleTree.Reference) {
        try checkByteOrder()
        guard let member = zip.members[prefix + "data.pkl"] else {
            preconditionFailure("An archive is not opened without its data.pkl.")
        }
        guard member.size <= TorchLimits.pickleBytes else {
            throw .archive(file: file.path, .badPickle(.tooLarge(bytes: member.size)))
        }
        let bytes = try zip.bytes(of: member, limit: member.size)
        do {
            let (tree, root) = try PickleReader.read(bytes)
            return (TorchStateReader(tree: tree), root)
        } catch { throw .archive(file: file.path, .badPickle(error)) }
    }

    private func checkByteOrder() throws(CheckpointError) {
        guard let member = zip.members[prefix + "byteorder"] else { return }
        let order = String(decoding: try zip.bytes(of: member, limit: 16), as: UTF8.self)
        guard order == "little" else { throw .archive(file: file.path, .byteOrder(order)) }
    }

    /// Where a tensor's numbers lie in the file.
    ///
    /// - Parameter number: which of the checkpoint's files this is.
    func place(of tensor: StridedTensor, named name: String, file number: Int) throws(CheckpointError) -> StridedBytes {
        guard let member = zip.members[prefix + "data/" + tensor.storageKey] else {
            throw .archive(file: file.path, .missingStorage(key: tensor.storageKey, tensor: name))
        }
        let width = tensor.type.bitCount / 8
        let (bytes, overflow) = tensor.storageElements.multipliedReportingOverflow(by: width)
        guard !overflow, bytes == member.size else {
            throw .archive(
                file: file.path,
                .wrongStorageSize(
                    key: tensor.storageKey, tensor: name, bytes: member.size, expected: overflow ? .max : bytes))
        }
        return StridedBytes(
            file: number, start: try zip.range(of: member).lowerBound, width: width, offset: tensor.offset,
            shape: tensor.shape, strides: tensor.strides)
    }
}
