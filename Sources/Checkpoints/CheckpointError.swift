import Files
import Vocabulary

/// Why a checkpoint cannot be read. `description` is one line: what failed: why (got, expected); what to do.
public enum CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the daemon does about it.
    public enum Severity: Hashable, Sendable {
        /// The trainer removed it: the step is gone, nothing is wrong.
        case vanished
        /// It was written to while it was read, or is not written to its end: look again later.
        case unsettled
        /// This user may not read it: say so once.
        case forbidden
        /// Its content cannot be used, now or later, unless it is written again.
        case unusable
        /// The disk or the system failed.
        case system
    }

    case file(FileError)
    /// Neither an index nor `model.safetensors` is there.
    case noWeights(directory: String, found: [String])
    case damaged(file: String, SafetensorsProblem)
    case badIndex(file: String, IndexProblem)
    /// A PEFT adapter that is not `scale B A` on top of this base.
    case badAdapter(file: String, AdapterProblem)
    /// A file of `torch.save`.
    case archive(file: String, TorchProblem)
    /// Files that together should make the checkpoint's tensors.
    case pieces(directory: String, ShardProblem)
    case tensorInTwoFiles(TensorName, directory: String, String, String)
    case missingTensor(TensorName, directory: String)
    /// It is there, but its numbers are of a type that is not read.
    case unsupportedType(TensorName, type: StoredType, directory: String)
    case changedWhileReading(file: String, was: FileIdentity, is: FileIdentity)
    /// Every file still is what was opened, but the name of this one is gone: what was read is whole, the checkpoint
    /// is not there any more.
    case removedWhileReading(file: String)

    public var isVanished: Bool { severity == .vanished }

    public var severity: Severity {
        switch self {
        case .file(let error) where error.isVanished: .vanished
        case .removedWhileReading: .vanished
        case .file(let error) where error.isPermission: .forbidden
        case .file(.truncated), .changedWhileReading: .unsettled
        case .file(.wrongKind): .unusable
        case .file: .system
        case .noWeights, .damaged(_, .tooShort), .damaged(_, .headerBeyondFile), .damaged(_, .wrongFileSize),
            .badIndex(_, .missingFile), .badAdapter(_, .noConfiguration), .archive(_, .noEndRecord):
            .unsettled
        case .pieces(_, let problem) where problem.isUnfinished: .unsettled
        case .archive, .pieces, .damaged, .badIndex, .badAdapter, .tensorInTwoFiles, .missingTensor, .unsupportedType:
            .unusable
        }
    }

    public var description: String {
        switch self {
        case .file(let error): error.description
        case .noWeights(let directory, let found):
            "cannot read the checkpoint \(directory): no weights in it (got \(found.isEmpty ? "nothing" : found.joined(separator: ", ")), "
                + "expected model.safetensors, model.safetensors.index.json, pytorch_model.bin, FSDP shards or a .metadata with its "
                + ".distcp files); name the folder that holds the weights, or convert them"
        case .damaged(let file, let problem): "cannot read \(file): \(problem); \(Self.remedy(for: problem))"
        case .badIndex(let file, let problem): "cannot read \(file): \(problem); save the checkpoint again"
        case .badAdapter(let file, let problem): "cannot use the adapter \(file): \(problem)"
        case .archive(let file, let problem): "cannot read \(file): \(problem); \(Self.remedy(for: problem))"
        case .pieces(let directory, let problem):
            "cannot read the checkpoint \(directory): \(problem); \(Self.remedy(for: problem))"
        case .tensorInTwoFiles(let name, let directory, let first, let second):
            "cannot read the checkpoint \(directory): the tensor \(shown(name.text)) is in two files (\(first) and \(second), expected one); "
                + "remove what an earlier save left behind"
        case .missingTensor(let name, let directory):
            "cannot read the tensor \(shown(name.text)): \(directory) does not have it; check that checkpoint and base are the same model"
        case .unsupportedType(let name, let type, let directory):
            "cannot read the tensor \(shown(name.text)) of \(directory): its numbers are of a type that is not read "
                + "(got \(type.rawValue), expected BF16, F16, F32 or F64); exclude it, or save in one of these types"
        case .changedWhileReading(let file, let was, let now):
            "discarded what was read from \(file): it was written to meanwhile (was \(Self.words(was)), is \(Self.words(now))); "
                + "it is read again when it has settled"
        case .removedWhileReading(let file):
            "the checkpoint was removed while it was read: \(file) is gone; if a trainer's rotation removed it there is nothing "
                + "to do, else keep more checkpoints"
        }
    }

    private static func remedy(for problem: SafetensorsProblem) -> String {
        switch problem {
        case .slices: "save consolidated weights (save_consolidated, or the trainer's export to Hugging Face form)"
        case .tooShort, .headerBeyondFile, .wrongFileSize:
            "wait until its writer has finished, or else save or copy it again"
        default: "save it again; a file like this was not written by safetensors"
        }
    }

    private static func remedy(for problem: TorchProblem) -> String {
        switch problem {
        case .noEndRecord: "wait until its writer has finished, or else save or copy it again"
        case .beforeZip, .program: "save its state_dict with a current torch, or as safetensors"
        case .badPickle(.forbidden), .badPickle(.misused), .badPickle(.opcode):
            "if you trust its author, load it in Python and save its weights as safetensors"
        case .shardedTensor, .placement: "save a full state dict, or export to Hugging Face form"
        default: "save it again; a file like this was not written by torch"
        }
    }

    private static func remedy(for problem: ShardProblem) -> String {
        switch problem {
        case .placement, .transformed, .noModel: "export to Hugging Face form, and watch that"
        case .missingRanks, .missingFile, .noWorld: "wait until all of it is written, or copy what is missing"
        default: "save the checkpoint again"
        }
    }

    private static func words(_ identity: FileIdentity) -> String {
        "\(identity.size) bytes, modified at \(identity.modificationTimeNanoseconds) ns, inode \(identity.inode)"
    }
}
