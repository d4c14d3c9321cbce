import RunLayouts

/// One finished checkpoint of each trainer, file by file in its own order.
enum TrainerTrees {
    static let all: [(layout: String, write: @Sendable (RunTree, Int) throws -> Void)] = [
        ("huggingface", { tree, step in try tree.writeTrainerCheckpoint(step) }),
        (
            "verl",
            { tree, step in
                try tree.write("global_step_\(step)/actor/huggingface/config.json", "{}")
                try tree.write("global_step_\(step)/actor/huggingface/model.safetensors", RunTree.weights())
                try tree.write("global_step_\(step)/data.pt", [1])
                try tree.write("latest_checkpointed_iteration.txt", "\(step)")
            }
        ),
        ("openrlhf", { tree, step in try plain(tree, "global_step\(step)_hf", ["config.json", "tokenizer.json"]) }),
        ("prime-rl", { tree, step in try plain(tree, "broadcasts/step_\(step)", ["STABLE"]) }),
        ("prime-rl", { tree, step in try plain(tree, "weights/step_\(step)", ["config.json", "STABLE"]) }),
        (
            "nemo-rl",
            { tree, step in
                try tree.write("step_\(step)/training_info.json", "{}")
                try plain(tree, "step_\(step)/policy/weights/model/consolidated", ["config.json"])
            }
        ),
        (
            "slime",
            { tree, step in
                try tree.write("hf_\(step)/config.json", "{}")
                try sharded(tree, "hf_\(step)")
            }
        ),
        ("areal", { tree, step in try plain(tree, "epoch1epochstep2globalstep\(step)", ["tokenizer_config.json"]) }),
        ("torchtune", { tree, step in try plain(tree, "step_\(step)", ["config.json", "recipe_state.pt"]) }),
        ("torchtune", { tree, step in try plain(tree, "epoch_\(step)", ["config.json"]) }),
        ("torchtitan", { tree, step in try sharded(tree, "checkpoint/step-\(step)") }),
        ("alpharl", { tree, step in try plain(tree, "DAPO-step-\(step)", ["config.json"]) }),
        ("relex", { tree, step in try plain(tree, "global_step\(step)", ["config.json"]) }),
        (
            "peft",
            { tree, step in
                try tree.write("lora_\(step)/adapter_model.safetensors", RunTree.adapter())
                try tree.write("lora_\(step)/adapter_config.json", RunTree.adapterSettings())
            }
        ),
    ]

    static func plain(_ tree: RunTree, _ folder: String, _ after: [String]) throws {
        try tree.write(folder + "/model.safetensors", RunTree.weights())
        for name in after { try tree.write("\(folder)/\(name)", name.hasSuffix(".json") ? "{}" : "") }
    }

    static func sharded(_ tree: RunTree, _ folder: String) throws {
        try tree.write(folder + "/model-00001-of-00002.safetensors", RunTree.shard("a"))
        try tree.write(folder + "/model-00002-of-00002.safetensors", RunTree.shard("b"))
        try tree.write(folder + "/model.safetensors.index.json", RunTree.index)
    }
}
