"""Runs of trainers that need GPUs: their folders and the order of their writes after their sources, the weights by the
libraries that they call (transformers, huggingface_hub, safetensors, torch.distributed.checkpoint)."""

import json
from pathlib import Path

import torch
from huggingface_hub import save_torch_state_dict, split_torch_state_dict_into_shards
from safetensors.torch import save_file

import tiny

STEPS = (4, 8, 12)
BF16, F32 = torch.bfloat16, torch.float32


def hugging_face(folder, step, dtype, with_tokenizer=True, **options):
    """What save_pretrained writes: config, weights; then the tokenizer."""
    tiny.moved(step, dtype).save_pretrained(folder, **options)
    if with_tokenizer:
        words = tiny.tokenizer().save_pretrained(folder)
        assert any(name.endswith("tokenizer_config.json") for name in words)


def weights_of(step, dtype):
    weights = tiny.moved(step, dtype).state_dict()
    weights.pop("lm_head.weight")  # tied
    return {name: weight.contiguous().clone() for name, weight in weights.items()}


def verl_hf(root):
    """FSDP with 'hf_model': config and tokenizer first, weights (float32, in two shards), data.pt, the tracker."""
    for step in STEPS:
        place = root / f"global_step_{step}/actor/huggingface"
        hugging_face(place, step, F32, max_shard_size="8KB")
        tiny.write_json(root / f"global_step_{step}/actor/fsdp_config.json", {"FSDP_version": 2, "world_size": 2})
        (root / f"global_step_{step}/data.pt").write_bytes(b"")
        (root / "latest_checkpointed_iteration.txt").write_text(str(step))


def verl_megatron(root):
    """The Megatron engine of 0.9: weights in Hugging Face form below model/, the manifest last."""
    for step in STEPS:
        actor = root / f"global_step_{step}/actor"
        hugging_face(actor / "model/huggingface", step, BF16)
        manifest = {
            "schema_version": 2, "framework": "megatron", "role": "actor", "global_step": step, "world_size": 2,
            "contents": {"model": {"path": "model/huggingface", "format": "huggingface", "backend": "mbridge"}},
            "directories": {"model/huggingface": "HuggingFace-format artifacts"}, "saved_any_dist_ckpt": True}
        temporary = actor / "ckpt_contents.json.tmp"
        temporary.write_text(json.dumps(manifest, indent=2, sort_keys=True))
        temporary.replace(actor / "ckpt_contents.json")
        (root / f"global_step_{step}/data.pt").write_bytes(b"")
        (root / "latest_checkpointed_iteration.txt").write_text(str(step))


def openrlhf(root):
    for step in STEPS:
        hugging_face(root / f"global_step{step}_hf", step, BF16)


def prime_rl(root, parent, with_config):
    """Shards under temporary names, renamed; the index; STABLE."""
    for step in STEPS:
        folder = root / parent / f"step_{step}"
        folder.mkdir(parents=True)
        if with_config:
            tiny.model(BF16).config.save_pretrained(folder)
        weights = weights_of(step, BF16)
        split = split_torch_state_dict_into_shards(weights, max_shard_size="8KB")
        for number, (name, tensors) in enumerate(split.filename_to_tensors.items()):
            temporary = folder / f"tmp-rank0-{number:05d}.safetensors"
            save_file({tensor: weights[tensor] for tensor in tensors}, temporary, metadata={"format": "pt"})
            temporary.rename(folder / name)
        index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")
        (folder / "STABLE").touch()


def nemo_rl(root, consolidated=True):
    """torch.distributed.checkpoint's own writer of safetensors: whole tensors, or slices."""
    from torch.distributed.checkpoint import HuggingFaceStorageWriter, save

    for step in STEPS:
        temporary = root / f"tmp_step_{step}"
        tiny.write_json(temporary / "training_info.json", {
            "total_steps": step, "consumed_samples": 8 * step, "val_reward": step / 20, "val:accuracy": step / 16})
        model = temporary / "policy/weights/model"
        model.mkdir(parents=True)
        weights = weights_of(step, F32)
        whole = model / "consolidated"
        writer = HuggingFaceStorageWriter(
            str(whole if consolidated else model), save_distributed=True, enable_consolidation=consolidated,
            fqn_to_index_mapping={name: 1 for name in weights})
        save(weights, storage_writer=writer, no_dist=True)
        if consolidated:
            # NeMo-RL leaves the slices in model/ itself.
            for slices in (whole / "sharded").iterdir():
                slices.rename(model / slices.name)
            (whole / "sharded").rmdir()
            tiny.model().config.save_pretrained(whole)
        temporary.rename(root / f"step_{step}")


def slime(root):
    """Assets first, shards that learn their number at the end, the index always and last."""
    for step in STEPS:
        folder = root / f"hf_{step}"
        folder.mkdir(parents=True)
        tiny.model(BF16).config.save_pretrained(folder)
        weights, place, size = weights_of(step, BF16), {}, 0
        names = sorted(weights)
        for number, part in enumerate([names[: len(names) // 2], names[len(names) // 2 :]], 1):
            save_file({name: weights[name] for name in part}, folder / f"model-{number:05d}.safetensors", {"format": "pt"})
            place.update({name: f"model-{number:05d}-of-00002.safetensors" for name in part})
            size += sum(weights[name].nbytes for name in part)
        for number in (1, 2):
            (folder / f"model-{number:05d}.safetensors").rename(folder / f"model-{number:05d}-of-00002.safetensors")
        tiny.write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": size}, "weight_map": place})


def areal(root):
    for step in STEPS:
        hugging_face(root / f"epoch{step // 8}epochstep{step % 8}globalstep{step}", step, BF16)


def torchtune(root):
    """The function that torchtune calls, then a copy of the config, then the recipe's state."""
    for step in STEPS:
        folder = root / f"step_{step}"
        folder.mkdir(parents=True)
        save_torch_state_dict(weights_of(step, BF16), folder, max_shard_size="8KB")
        tiny.model(BF16).config.save_pretrained(folder)
        (folder / "recipe_state.pt").write_bytes(b"")


def alpharl(root):
    for step in STEPS:
        hugging_face(root / f"DAPO-step-{step}", step, BF16)


def relex(root):
    for step in STEPS:
        hugging_face(root / f"global_step{step}", step, BF16)


def pattern(root):
    for step in STEPS:
        hugging_face(root / f"save-{step}", step, F32)


def all_runs(root):
    verl_hf(tiny.fresh(root / "verl-hf"))
    verl_megatron(tiny.fresh(root / "verl-megatron"))
    openrlhf(tiny.fresh(root / "openrlhf"))
    prime_rl(tiny.fresh(root / "prime-rl"), "broadcasts", with_config=False)
    prime_rl(tiny.fresh(root / "prime-rl-old"), "weights", with_config=True)
    nemo_rl(tiny.fresh(root / "nemo-rl"))
    nemo_rl(tiny.fresh(root / "nemo-rl-slices"), consolidated=False)
    slime(tiny.fresh(root / "slime"))
    areal(tiny.fresh(root / "areal"))
    torchtune(tiny.fresh(root / "torchtune"))
    alpharl(tiny.fresh(root / "alpharl"))
    relex(tiny.fresh(root / "relex"))
    pattern(tiny.fresh(root / "pattern"))
    for folder in Path(root).rglob("tokenizer.json"):
        folder.unlink()
