"""torchtitan's own checkpoint manager on a CPU: `checkpoint/step-N` of every rank's process, with an optimizer beside the model.

    python titan.py FOLDER     (two processes over gloo; needs torchtitan, tyro and docstring_parser)

The model is one of transformers, whose names torchtitan keeps as they are.
"""

import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

sys.path.insert(0, str(Path(__file__).parent))
import tiny  # noqa: E402

WORLD, STEPS = 2, (4, 8, 12)


def work(rank, root):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29651", RANK=str(rank), WORLD_SIZE=str(WORLD))
    dist.init_process_group("gloo", rank=rank, world_size=WORLD)
    from torchtitan.components.checkpoint import CheckpointManager

    mesh = init_device_mesh("cpu", (WORLD,))
    for step in STEPS:
        model = tiny.moved(step)
        for layer in model.model.layers:
            fully_shard(layer, mesh=mesh)
        fully_shard(model, mesh=mesh)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-9)
        schedule = torch.optim.lr_scheduler.ConstantLR(optimizer)
        config = CheckpointManager.Config(enable=True, interval=4, keep_latest_k=0)
        manager = CheckpointManager(
            config, dataloader=None, model_parts=[model], optimizers=optimizer, lr_schedulers=schedule,
            states={}, sd_adapter=None, base_folder=str(root))
        manager.save(step, last_step=False)
        manager.close()
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    multiprocessing.spawn(work, args=(Path(sys.argv[1]).absolute(),), nprocs=WORLD)
