/// A name that a pickle may ask for. Nothing is ever called: each stands for an inert record.
struct PickleGlobal: Hashable, Sendable {
    enum Meaning: Hashable, Sendable {
        case orderedDictionary
        /// `_rebuild_tensor_v2`, and `_v3`, whose storage has no type.
        case tensor, typedTensor
        case parameter
        case tensorSubclass, wrappedTensor
        case layout, device, size
        case type(StoredType)
        case storage(StoredType), untypedStorage
        /// A class that `tensorSubclass` names.
        case plainTensor, distributedTensor
        case shardedTensor
        case spec, tensorMeta, mesh
        case shard, replicate, partial, stridedShard
        case metadata, tensorMetadata, bytesMetadata, tensorProperties, chunk, index, storageInfo
        /// Parsed and not looked at.
        case ignored
    }

    /// What may be done with it.
    struct Uses: OptionSet {
        let rawValue: Int
        /// REDUCE.
        static let call = Uses(rawValue: 1)
        /// NEWOBJ, and BUILD of what it makes.
        static let construct = Uses(rawValue: 2)
    }

    /// `module.name`.
    let name: String
    let meaning: Meaning
    let uses: Int

    var canBeCalled: Bool { Uses(rawValue: uses).contains(.call) }
    var canBeConstructed: Bool { Uses(rawValue: uses).contains(.construct) }

    /// The list: exact names, as torch 2.4 to 2.13 writes them. Nil for every other.
    static func named(module: String, _ name: String) -> PickleGlobal? { list[module]?[name] }

    private static let list: [String: [String: PickleGlobal]] = {
        var list: [String: [String: PickleGlobal]] = [:]
        func add(_ module: String, _ uses: Uses, _ names: [String: Meaning]) {
            for (name, meaning) in names {
                list[module, default: [:]][name] = PickleGlobal(
                    name: "\(module).\(name)", meaning: meaning, uses: uses.rawValue)
            }
        }
        add("collections", .call, ["OrderedDict": .orderedDictionary])
        add(
            "torch._utils", .call,
            [
                "_rebuild_tensor_v2": .tensor, "_rebuild_tensor_v3": .typedTensor, "_rebuild_parameter": .parameter,
                "_rebuild_parameter_with_state": .parameter, "_rebuild_wrapper_subclass": .wrappedTensor,
            ])
        add("torch._tensor", .call, ["_rebuild_from_type_v2": .tensorSubclass])
        add("torch.serialization", .call, ["_get_layout": .layout])
        add("torch", .call, ["Size": .size, "device": .device])
        add("torch", [], types)
        add("torch", [], storages)
        add("torch", [], ["Tensor": .plainTensor])
        add("torch.nn.parameter", [], ["Parameter": .plainTensor])
        add("torch.storage", [], ["UntypedStorage": .untypedStorage])
        addDistributed(add)
        addMetadata(add)
        return list
    }()

    private static let types: [String: Meaning] = [
        "float64": .type(.float64), "float32": .type(.float32), "float16": .type(.float16),
        "bfloat16": .type(.bfloat16), "complex64": .type(.complex64), "int64": .type(.i64), "int32": .type(.i32),
        "int16": .type(.i16), "int8": .type(.i8), "uint8": .type(.u8), "bool": .type(.bool), "uint16": .type(.u16),
        "uint32": .type(.u32), "uint64": .type(.u64), "float8_e4m3fn": .type(.float8E4M3),
        "float8_e5m2": .type(.float8E5M2), "float8_e4m3fnuz": .type(.float8E4M3FNUZ),
        "float8_e5m2fnuz": .type(.float8E5M2FNUZ), "float8_e8m0fnu": .type(.float8E8M0),
    ]

    private static let storages: [String: Meaning] = [
        "DoubleStorage": .storage(.float64), "FloatStorage": .storage(.float32), "HalfStorage": .storage(.float16),
        "BFloat16Storage": .storage(.bfloat16), "LongStorage": .storage(.i64), "IntStorage": .storage(.i32),
        "ShortStorage": .storage(.i16), "CharStorage": .storage(.i8), "ByteStorage": .storage(.u8),
        "BoolStorage": .storage(.bool), "ComplexFloatStorage": .storage(.complex64),
    ]

    private typealias Adding = (String, Uses, [String: Meaning]) -> Void

    /// DTensor, where torch 2.4 and where later versions have it, and the mesh.
    private static func addDistributed(_ add: Adding) {
        let both: Uses = [.call, .construct]
        let specs: [String: Meaning] = ["DTensorSpec": .spec, "TensorMeta": .tensorMeta]
        let placements: [String: Meaning] = [
            "Shard": .shard, "Replicate": .replicate, "Partial": .partial, "_Partial": .partial,
            "_StridedShard": .stridedShard,
        ]
        add("torch.distributed._tensor.api", [], ["DTensor": .distributedTensor])
        add("torch.distributed.tensor", [], ["DTensor": .distributedTensor])
        add("torch.distributed.tensor._api", [], ["DTensor": .distributedTensor])
        for module in ["torch.distributed._tensor.placement_types", "torch.distributed.tensor.placement_types"] {
            add(module, both, placements)
            add(module, both, specs)
        }
        add("torch.distributed.tensor._dtensor_spec", both, specs)
        add("torch.distributed.tensor._dtensor_spec", both, ["ShardOrderEntry": .ignored])
        add("torch.distributed.device_mesh", both, ["DeviceMesh": .mesh])
        add("torch.distributed._mesh_layout", both, ["_MeshLayout": .ignored, "_FlatLayout": .ignored])
        add("torch.distributed._shard.sharded_tensor.api", both, ["ShardedTensor": .shardedTensor])
    }

    /// `.metadata` of torch.distributed.checkpoint.
    private static func addMetadata(_ add: Adding) {
        let both: Uses = [.call, .construct]
        add(
            "torch.distributed.checkpoint.metadata", both,
            [
                "Metadata": .metadata, "TensorStorageMetadata": .tensorMetadata,
                "BytesStorageMetadata": .bytesMetadata, "TensorProperties": .tensorProperties,
                "ChunkStorageMetadata": .chunk, "MetadataIndex": .index, "StorageMeta": .ignored,
                "_MEM_FORMAT_ENCODING": .ignored,
            ])
        add("torch.distributed.checkpoint.filesystem", both, ["_StorageInfo": .storageInfo])
        for module in ["pathlib", "pathlib._local"] { add(module, .call, ["PosixPath": .ignored]) }
    }
}
