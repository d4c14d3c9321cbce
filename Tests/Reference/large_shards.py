#!/usr/bin/env python3
"""Writes 1 GiB of weights twice, as two FSDP shards under verl's names and as one safetensors file, and their base: for
holding the reading of shards against that of safetensors.

    python large_shards.py FOLDER     makes FOLDER/base, FOLDER/verl and FOLDER/hf (3 GiB); needs torch and safetensors
"""
import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
from safetensors.torch import save_file

WORLD, MATRICES, SIDE = 2, 16, 4096


def state(step):
    torch.manual_seed(0)
    weights = {}
    for number in range(MATRICES):
        weight = torch.randn(SIDE, SIDE) * 0.02
        left, right = torch.randn(SIDE), torch.randn(SIDE)
        weights[f"model.layers.{number}.mlp.up_proj.weight"] = weight + step * 1e-4 * torch.outer(left, right)
    return weights


def work(rank, root):
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import DTensor, Shard

    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29652", RANK=str(rank), WORLD_SIZE=str(WORLD))
    dist.init_process_group("gloo", rank=rank, world_size=WORLD)
    mesh = init_device_mesh("cpu", (WORLD,), mesh_dim_names=("fsdp",))
    folder = root / "verl/global_step_1/actor"
    folder.mkdir(parents=True, exist_ok=True)
    shards = {
        name: DTensor.from_local(weight.chunk(WORLD)[rank].clone(), mesh, [Shard(0)]) for name, weight in state(1).items()}
    torch.save(shards, folder / f"model_world_size_{WORLD}_rank_{rank}.pt")
    if rank == 0:
        (folder / "fsdp_config.json").write_text(json.dumps({"FSDP_version": 2, "world_size": WORLD}))
    dist.barrier()
    dist.destroy_process_group()


def main():
    root = Path(sys.argv[1]).absolute()
    config = {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "dtype": "float32"}
    for name, step in (("base", 0), ("hf/checkpoint-1", 1)):
        (root / name).mkdir(parents=True)
        save_file(state(step), root / name / "model.safetensors", metadata={"format": "pt"})
        (root / name / "config.json").write_text(json.dumps(config))
    (root / "hf/checkpoint-1/trainer_state.json").write_text('{"global_step": 1, "log_history": []}')
    multiprocessing.spawn(work, args=(root,), nprocs=WORLD)
    (root / "verl/latest_checkpointed_iteration.txt").write_text("1")


if __name__ == "__main__":
    main()
