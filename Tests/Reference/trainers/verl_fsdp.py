"""verl's own FSDP checkpoint manager on a CPU: the shards, `fsdp_config.json` and `huggingface/` of every rank's process, and the
tracker as its trainer writes it.

    python verl_fsdp.py FOLDER     (two processes over gloo; needs verl, ray, tensordict and what they import)
"""

import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
from omegaconf import OmegaConf
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

sys.path.insert(0, str(Path(__file__).parent))
import tiny  # noqa: E402

WORLD, STEPS = 2, (4, 8, 12)


def work(rank, root):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29650", RANK=str(rank), WORLD_SIZE=str(WORLD))
    dist.init_process_group("gloo", rank=rank, world_size=WORLD)
    from verl.utils.checkpoint.fsdp_checkpoint_manager import FSDPCheckpointManager

    mesh = init_device_mesh("cpu", (WORLD,), mesh_dim_names=("fsdp",))
    contents = OmegaConf.create({"save_contents": ["model"], "load_contents": ["model"]})
    for step in STEPS:
        model = tiny.moved(step)
        for layer in model.model.layers:
            fully_shard(layer, mesh=mesh)
        fully_shard(model, mesh=mesh)
        manager = FSDPCheckpointManager(
            model=model, processing_class=tiny.tokenizer(), checkpoint_config=contents)
        manager.save_checkpoint(str(root / f"global_step_{step}/actor"), global_step=step)
        if rank == 0:
            (root / "latest_checkpointed_iteration.txt").write_text(str(step))
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    multiprocessing.spawn(work, args=(Path(sys.argv[1]).absolute(),), nprocs=WORLD)
