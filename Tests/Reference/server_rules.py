#!/usr/bin/env python3
"""What vLLM and SGLang would make of a folder, by their own rules written again: no server is started.

    python server_rules.py full FOLDER SOURCE     SOURCE: a checkpoint of the same model, whose names must be the same
    python server_rules.py adapter FOLDER BASE

Rules of vLLM 0.33 (`default_loader.py`, `weight_utils.py`, `lora/peft_helper.py`, `lora_model.py`) and SGLang 0.5.23
(`model_loader/loader.py`, `lora/lora_config.py`, `lora/lora.py`). Prints one line; exits with 1 and the rule that is broken.
"""
import json
import sys
from pathlib import Path

from safetensors import safe_open


def need(holds, rule):
    if not holds:
        sys.exit(rule)


def header(file):
    with safe_open(file, "np") as opened:
        return {name: tuple(opened.get_slice(name).get_shape()) for name in opened.keys()}, opened.metadata()


def taken(folder):
    """The weight files that both servers read: `*.safetensors`, without those that an index does not name."""
    files = sorted(file.name for file in folder.glob("*.safetensors"))
    need(files, "no *.safetensors: the servers would look for *.bin and then fail")
    need(not any(name.startswith("consolidated") for name in files), "consolidated*: taken for Mistral's own format")
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        return files
    named = set(json.loads(index.read_text())["weight_map"].values())
    need(named <= set(files), "the index names a file that is not there")
    return [name for name in files if name in named]


def full(folder, source):
    files = taken(folder)
    need(sorted(path.name for path in folder.glob("*.safetensors")) == files, "a weight file that the index does not name")
    need(not list(folder.glob("*.bin")) and not list(folder.glob("*.pt")), "weights of another form beside safetensors")
    need(not (folder / "adapter_config.json").exists(), "adapter_config.json: transformers would load an adapter")
    config = json.loads((folder / "config.json").read_text())
    need(config.get("architectures"), "config.json names no architecture")
    need(config.get("dtype") or config.get("torch_dtype"), "config.json names no type")
    shapes = {}
    for name in files:
        found, metadata = header(folder / name)
        need(metadata is None or metadata.get("format") == "pt", f"{name}: metadata without format pt (transformers 4)")
        need(not set(found) & set(shapes), f"{name}: a tensor is in two files")
        shapes |= found
    expected = {}
    for name in taken(source):
        expected |= header(source / name)[0]
    need(shapes == expected, f"other tensors than the source: {set(shapes.items()) ^ set(expected.items())}")
    for name in ["tokenizer.json", "tokenizer_config.json", "generation_config.json"]:
        need((folder / name).exists() or not (source / name).exists(), f"{name} was not taken along")
    return f"{len(files)} files, {len(shapes)} tensors"


def adapter(folder, base):
    files = [file.name for file in folder.glob("*.safetensors")]
    need(files == ["adapter_model.safetensors"], "SGLang loads every *.safetensors of an adapter's folder: one is wanted")
    config = json.loads((folder / "adapter_config.json").read_text())
    rank = config["r"]
    for key in ["r", "lora_alpha", "target_modules"]:
        need(key in config, f"vLLM needs {key}")
    need(config["peft_type"] == "LORA" and not config.get("use_dora"), "DoRA, or no LoRA")
    need(config.get("bias", "none") == "none" and not config.get("lora_bias"), "vLLM refuses biases")
    need(not config.get("modules_to_save") and not config.get("layer_replication"), "vLLM refuses modules_to_save")
    need(config.get("init_lora_weights") is True, "vLLM refuses starts that change the base")
    need(not config.get("rank_pattern") and not config.get("alpha_pattern"), "older vLLM and SGLang ignore patterns")
    need(not config.get("use_rslora"), "SGLang ignores use_rslora")
    need(config["lora_alpha"] == rank, "the scale is to be 1 for every reader")
    need(1 <= rank <= 512, f"rank {rank}: vLLM's max_lora_rank is at most 512")
    shapes, _ = header(folder / files[0])
    weights = {}
    for name in taken(base):
        weights |= header(base / name)[0]
    modules = {name.removeprefix("base_model.model.").rsplit(".lora_", 1)[0] for name in shapes}
    need(2 * len(modules) == len(shapes), "a module without both of its matrices")
    for module in modules:
        out, width = weights[module + ".weight"]
        need(shapes[f"base_model.model.{module}.lora_A.weight"] == (rank, width), f"{module}: A is not r x in")
        need(shapes[f"base_model.model.{module}.lora_B.weight"] == (out, rank), f"{module}: B is not out x r")
        named = module in config["target_modules"] or module.rsplit(".", 1)[-1] in config["target_modules"]
        need(named, f"vLLM takes no module that target_modules does not name: {module}")
    need(not (folder / "added_tokens.json").exists(), "SGLang refuses adapters with added tokens")
    return f"rank {rank}, {len(modules)} modules"


def main():
    kind, folder, other = sys.argv[1:4]
    print({"full": full, "adapter": adapter}[kind](Path(folder), Path(other)))


if __name__ == "__main__":
    main()
