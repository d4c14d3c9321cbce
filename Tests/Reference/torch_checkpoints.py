#!/usr/bin/env python3
"""Writes tiny checkpoints with real torch, in the forms that trainers leave on disk, and the numbers expected of them.

    python Tests/Reference/torch_checkpoints.py --out Tests/Fixtures/torch-VERSION

Needs torch (CPU) and safetensors; several processes are started over gloo. Every form holds the same weights as
`whole/model.safetensors`, so that a reader of any of them can be compared bit for bit; `expected.json` has the leading
singular triplets of their updates, from numpy in double precision.
"""

import argparse
import collections
import io
import json
import os
import pathlib
import shutil
import warnings

import numpy
import torch
import torch.distributed as dist
import torch.distributed.checkpoint
import torch.multiprocessing as multiprocessing
from safetensors.torch import save_file

warnings.filterwarnings("ignore")

HIDDEN, INNER, VOCABULARY, LAYERS = 6, 9, 11, 2


class Block(torch.nn.Module):
    """One layer with the names of a Hugging Face model; sizes that no number of ranks divides."""

    def __init__(self):
        super().__init__()
        self.self_attn = torch.nn.Module()
        self.self_attn.q_proj = torch.nn.Linear(HIDDEN, 5)
        self.self_attn.o_proj = torch.nn.Linear(5, HIDDEN, bias=False)
        self.mlp = torch.nn.Module()
        self.mlp.up_proj = torch.nn.Linear(HIDDEN, INNER, bias=False)
        self.mlp.down_proj = torch.nn.Linear(INNER, HIDDEN, bias=False)
        self.input_layernorm = torch.nn.LayerNorm(HIDDEN, bias=False)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = torch.nn.Module()
        self.model.embed_tokens = torch.nn.Embedding(VOCABULARY, HIDDEN)
        self.model.layers = torch.nn.ModuleList(Block() for _ in range(LAYERS))
        self.model.norm = torch.nn.LayerNorm(HIDDEN, bias=False)
        self.lm_head = torch.nn.Linear(HIDDEN, VOCABULARY, bias=False)


def weights(step):
    """Step 0 is the base. Numbers come from numpy, so that every version of torch has the same ones."""
    result = collections.OrderedDict()
    for number, (name, shape) in enumerate((name, tuple(value.shape)) for name, value in Model().state_dict().items()):
        random = numpy.random.default_rng(1000 + number)
        value = random.standard_normal(shape) * 0.1
        direction = random.standard_normal(shape)
        if len(shape) == 2:
            direction = numpy.outer(random.standard_normal(shape[0]), random.standard_normal(shape[1]))
        noise = numpy.random.default_rng(5000 + 100 * step + number).standard_normal(shape)
        if step:
            value = value + step * 0.003 * direction + 0.0005 * noise
        result[name] = torch.from_numpy(value.astype(numpy.float32))
    return result


def loaded(step):
    model = Model()
    model.load_state_dict(weights(step))
    return model


def sharded_by_fsdp2(model, mesh):
    try:
        from torch.distributed.fsdp import fully_shard
    except ImportError:
        from torch.distributed._composable.fsdp import fully_shard
    for layer in model.model.layers:
        fully_shard(layer, mesh=mesh)
    return fully_shard(model, mesh=mesh)


def mesh_of(world, replicas):
    from torch.distributed.device_mesh import init_device_mesh

    if replicas > 1:
        return init_device_mesh("cpu", (replicas, world // replicas), mesh_dim_names=("ddp", "fsdp"))
    return init_device_mesh("cpu", (world,), mesh_dim_names=("fsdp",))


def fsdp2_state(step, world, replicas=1):
    return sharded_by_fsdp2(loaded(step), mesh_of(world, replicas)).state_dict()


def fsdp1_state(step, world, replicas=1):
    from torch.distributed.fsdp import FullyShardedDataParallel as FSDP
    from torch.distributed.fsdp import ShardedStateDictConfig, ShardingStrategy, StateDictType
    from torch.distributed.fsdp.wrap import ModuleWrapPolicy

    model = FSDP(
        loaded(step), device_mesh=mesh_of(world, replicas), auto_wrap_policy=ModuleWrapPolicy({Block}),
        sharding_strategy=ShardingStrategy.HYBRID_SHARD if replicas > 1 else ShardingStrategy.FULL_SHARD,
        device_id=torch.device("cpu"), use_orig_params=True)
    with FSDP.state_dict_type(model, StateDictType.SHARDED_STATE_DICT, ShardedStateDictConfig(offload_to_cpu=True)):
        return model.state_dict()


def save_as_verl(state, folder, rank, world, version):
    """File names, order and `fsdp_config.json` of verl's FSDP checkpoint manager."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(state, folder / f"model_world_size_{world}_rank_{rank}.pt")
    if rank == 0:
        config = {"FSDP_version": version, "world_size": world}
        (folder / "fsdp_config.json").write_text(json.dumps(config, indent=4))


def lora_state(world):
    """What verl saves of a PEFT model under FSDP2: frozen weights as `base_layer`, the adapter's name in the keys."""
    try:
        from torch.distributed.tensor import Shard, distribute_tensor
    except ImportError:
        from torch.distributed._tensor import Shard, distribute_tensor

    mesh = mesh_of(world, 1)
    state = collections.OrderedDict()
    for name, value in weights(0).items():
        tensors = {f"base_model.model.{name}": value}
        if "_proj.weight" in name:
            module = name.removesuffix(".weight")
            a, b = lora_factors(name, value.shape)
            tensors = {
                f"base_model.model.{module}.base_layer.weight": value,
                f"base_model.model.{module}.lora_A.default.weight": a,
                f"base_model.model.{module}.lora_B.default.weight": b,
            }
        elif "_proj.bias" in name:
            tensors = {f"base_model.model.{name.removesuffix('.bias')}.base_layer.bias": value}
        for key, tensor in tensors.items():
            state[key] = distribute_tensor(tensor, mesh, [Shard(0)])
    return state


def lora_factors(name, shape, rank=3):
    random = numpy.random.default_rng(sum(name.encode()))
    a = random.standard_normal((rank, shape[1])).astype(numpy.float32)
    b = (0.01 * random.standard_normal((shape[0], rank))).astype(numpy.float32)
    return torch.from_numpy(a), torch.from_numpy(b)


def save_dcp(state, folder):
    import torch.distributed.checkpoint as dcp

    dcp.save(state, checkpoint_id=str(folder))


def prime_rl_state(step, world):
    """The keys of prime-rl's trainer checkpoints: the model, and an optimizer that no reader needs."""
    model = fsdp2_state(step, world)
    optimizer = {"state": {name: {"exp_avg": value.clone()} for name, value in model.items()}, "step": 7}
    return {"app": {"model": dict(model), "optimizers": optimizer, "progress": {"step": step}}}


def save_dcp_slices(state, folder):
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint import HuggingFaceStorageWriter

    folder.mkdir(parents=True, exist_ok=True)
    writer = HuggingFaceStorageWriter(
        path=str(folder), save_distributed=True, fqn_to_index_mapping={name: 1 for name in state})
    dcp.save(state, storage_writer=writer)


STEPS = {1: 10, 2: 20, 3: 30}


def run_of_prime_rl(rank, world, folder):
    """In the order of its loop: the broadcast in bfloat16 with STABLE last, then the trainer's state on its interval."""
    for number, step in STEPS.items():
        if rank == 0:
            broadcast = folder / f"broadcasts/step_{step}"
            broadcast.mkdir(parents=True)
            rounded = {name: value.to(torch.bfloat16) for name, value in weights(number).items()}
            save_file(rounded, broadcast / "model.safetensors", metadata={"format": "pt"})
            (broadcast / "STABLE").touch()
        dist.barrier()
        save_dcp(prime_rl_state(number, world), folder / f"checkpoints/step_{step}/trainer")


def run_of_nemo_rl(rank, world, folder, save):
    """Written under another name, renamed when whole."""
    for number, step in STEPS.items():
        temporary = folder / f"tmp_step_{step}"
        save(fsdp2_state(number, world), temporary / "policy/weights/model")
        dist.barrier()
        if rank == 0:
            information = {"total_steps": step, "val_reward": step / 100, "val:accuracy": step / 100}
            (temporary / "training_info.json").write_text(json.dumps(information))
            temporary.rename(folder / f"step_{step}")
        dist.barrier()


def save_model_dcp(state, folder):
    save_dcp({"model": dict(state)}, folder)


def run_of_torchtitan(rank, world, folder):
    """The model's names at the top, the optimizer's beside them; the names are those of a model of transformers."""
    for number, step in STEPS.items():
        model = fsdp2_state(number, world)
        optimizer = {f"optimizer.state.{name}.exp_avg": value.clone() for name, value in model.items()}
        train_state = {"step": torch.tensor(step), "ntokens_seen": torch.tensor(0)}
        save_dcp({**model, **optimizer, "train_state": train_state}, folder / f"checkpoint/step-{step}")


def work(rank, world, kind, port):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), RANK=str(rank), WORLD_SIZE=str(world))
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=world)
    JOBS[kind][1](rank, world, pathlib.Path(kind))
    dist.barrier()
    dist.destroy_process_group()


def run_of_three(rank, world, folder):
    for step in (1, 2, 3):
        save_as_verl(fsdp2_state(step, world), folder / f"global_step_{10 * step}" / "actor", rank, world, 2)


def save_lora(rank, world, folder):
    save_as_verl(lora_state(world), folder, rank, world, 2)
    if rank == 0:
        meta = {"r": 3, "lora_alpha": 6, "task_type": "CAUSAL_LM"}
        (folder / "lora_train_meta.json").write_text(json.dumps(meta, indent=4))


# Name of the folder: number of processes, what each of them does.
JOBS = {
    "fsdp2-world-4": (4, lambda rank, world, f: save_as_verl(fsdp2_state(1, world), f, rank, world, 2)),
    "fsdp2-world-1": (1, lambda rank, world, f: save_as_verl(fsdp2_state(1, world), f, rank, world, 2)),
    "fsdp2-hybrid-2x2": (4, lambda rank, world, f: save_as_verl(fsdp2_state(1, world, 2), f, rank, world, 2)),
    "fsdp1-world-3": (3, lambda rank, world, f: save_as_verl(fsdp1_state(1, world), f, rank, world, 1)),
    "fsdp1-world-1": (1, lambda rank, world, f: save_as_verl(fsdp1_state(1, world), f, rank, world, 1)),
    "fsdp1-hybrid-2x2": (4, lambda rank, world, f: save_as_verl(fsdp1_state(1, world, 2), f, rank, world, 1)),
    "fsdp2-lora-world-2": (2, save_lora),
    "verl-run": (2, run_of_three),
    "prime-rl-run": (2, run_of_prime_rl),
    "nemo-rl-slices": (2, lambda rank, world, f: run_of_nemo_rl(rank, world, f, save_dcp_slices)),
    "nemo-rl-dcp": (2, lambda rank, world, f: run_of_nemo_rl(rank, world, f, save_model_dcp)),
    "torchtitan-run": (2, run_of_torchtitan),
    "dcp-prime-rl": (2, lambda rank, world, f: save_dcp(prime_rl_state(1, world), f)),
    "dcp-plain": (3, lambda rank, world, f: save_dcp(fsdp2_state(1, world), f)),
    "dcp-slices": (2, lambda rank, world, f: save_dcp_slices(fsdp2_state(1, world), f)),
}


def save_plain(out):
    """`pytorch_model.bin` in one file and in two with an index, and one whose tensors are views of others."""
    state = weights(1)
    one, two, views, base = (out / name for name in ("bin-one-file", "bin-two-files", "bin-views", "bin-base"))
    for folder in (one, two, views, base):
        folder.mkdir(parents=True)
    torch.save(state, one / "pytorch_model.bin")
    torch.save(weights(0), base / "pytorch_model.bin")
    names = list(state)
    files = [f"pytorch_model-0000{number}-of-00002.bin" for number in (1, 2)]
    parts = [names[: len(names) // 2], names[len(names) // 2 :]]
    for file, part in zip(files, parts):
        torch.save(collections.OrderedDict((name, state[name]) for name in part), two / file)
    weight_map = {name: file for file, part in zip(files, parts) for name in part}
    size = sum(value.numel() * 4 for value in state.values())
    index = {"metadata": {"total_size": size}, "weight_map": weight_map}
    (two / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2) + "\n")
    torch.save({name: as_view(value, number) for number, (name, value) in enumerate(state.items())},
               views / "pytorch_model.bin")


def as_view(value, number):
    """The same numbers, lying otherwise: transposed, every second one of a larger storage, or behind an offset."""
    if number % 3 == 0:
        return value.t().contiguous().t() if value.dim() == 2 else value
    if number % 3 == 1:
        wide = torch.zeros(*value.shape[:-1], 2 * value.shape[-1])
        wide[..., ::2] = value
        return wide[..., ::2]
    padded = torch.zeros(value.numel() + 7)
    padded[7:] = value.flatten()
    return torch.nn.Parameter(padded[7:].view(value.shape)) if number % 2 else padded[7:].view(value.shape)


def save_whole_by_dcp(out):
    """One process, `save_distributed=False`: whole tensors under whole names, and offsets of zero beside them."""
    from torch.distributed.checkpoint import HuggingFaceStorageWriter, save

    state = dict(weights(1))
    names = {name: 1 for name in state}
    writer = HuggingFaceStorageWriter(path=str(out / "dcp-whole"), fqn_to_index_mapping=names)
    save(state, storage_writer=writer, no_dist=True)


def save_peft_bin(out):
    """The adapter of `lora_factors` under PEFT's names, in one file of torch.save."""
    folder = out / "peft-bin"
    folder.mkdir()
    tensors = {}
    for name, value in weights(0).items():
        if name.endswith("_proj.weight"):
            module = "base_model.model." + name.removesuffix(".weight")
            tensors[f"{module}.lora_A.weight"], tensors[f"{module}.lora_B.weight"] = lora_factors(name, value.shape)
    torch.save(tensors, folder / "adapter_model.bin")
    settings = {"peft_type": "LORA", "r": 3, "lora_alpha": 6, "target_modules": ["q_proj", "o_proj", "up_proj", "down_proj"]}
    (folder / "adapter_config.json").write_text(json.dumps(settings, indent=2) + "\n")


def save_types(out):
    """One tensor of each type; those that are no weights can only be copied."""
    folder = out / "bin-types"
    folder.mkdir()
    values = numpy.arange(-3, 3).reshape(2, 3)
    floats = {str(t).removeprefix("torch."): torch.from_numpy(values * 0.5).to(t)
              for t in (torch.float64, torch.float32, torch.float16, torch.bfloat16)}
    others = {str(t).removeprefix("torch."): torch.from_numpy(values % 3).to(t)
              for t in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)}
    newer = {str(t).removeprefix("torch."): torch.from_numpy(values % 3).to(t)
             for t in (torch.uint16, torch.float8_e4m3fn) if can_be_saved(t)}
    empty = {"empty": torch.zeros(0, 4), "scalar": torch.tensor(2.5)}
    torch.save({**floats, **others, **newer, **empty}, folder / "pytorch_model.bin")
    save_file({**floats, **others, **empty}, folder / "same.safetensors")


def can_be_saved(type):
    try:
        torch.save(torch.zeros(1).to(type), io.BytesIO())
    except KeyError:
        return False
    return True


def save_whole(out):
    config = {"architectures": ["Qwen2ForCausalLM"], "dtype": "float32", "model_type": "qwen2"}
    for name, step in (("base", 0), ("whole", 1)):
        folder = out / name
        folder.mkdir(parents=True)
        save_file(dict(weights(step)), folder / "model.safetensors", metadata={"format": "pt"})
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def triplets(update, rank=4):
    """Norm, singular values, and the leading triplet as `sigma u v^T`, which has no sign to agree on."""
    u, s, vt = numpy.linalg.svd(update, full_matrices=False)
    return {
        "norm": float(numpy.linalg.norm(update)), "sigma": [float(x) for x in s[:rank]],
        "first": [float(x) for x in (s[0] * numpy.outer(u[:, 0], vt[0])).flatten()],
    }


def expected(versions):
    base, modules = weights(0), {}
    for step in (1, 2, 3):
        for name, value in weights(step).items():
            if name.endswith("_proj.weight"):
                update = value.numpy().astype(numpy.float64) - base[name].numpy().astype(numpy.float64)
                modules.setdefault(name, {})[str(step)] = triplets(update)
    lora = {}
    for name in modules:
        a, b = (x.numpy().astype(numpy.float64) for x in lora_factors(name, base[name].shape))
        lora[name] = triplets(2.0 * b @ a)
    return {"versions": versions, "updates": modules, "lora": lora}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to make; an old one is replaced")
    parser.add_argument("--only", action="append", help="make only this folder (may be repeated)")
    arguments = parser.parse_args()
    out = arguments.out
    if not arguments.only:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        save_whole(out)
        save_plain(out)
        save_types(out)
        save_peft_bin(out)
        if hasattr(torch.distributed.checkpoint, "HuggingFaceStorageWriter"):
            save_whole_by_dcp(out)
        versions = {"torch": torch.__version__, "numpy": numpy.__version__}
        (out / "expected.json").write_text(json.dumps(expected(versions), indent=1) + "\n")
    os.chdir(out)  # .metadata keeps the path that it was given
    for number, (kind, (world, _)) in enumerate(JOBS.items()):
        if arguments.only and kind not in arguments.only:
            continue
        if kind in ("dcp-slices", "nemo-rl-slices") and not hasattr(torch.distributed.checkpoint, "HuggingFaceStorageWriter"):
            print(kind, "is not known to this version of torch")
            continue
        shutil.rmtree(kind, ignore_errors=True)
        try:
            multiprocessing.spawn(work, args=(world, kind, 29600 + number), nprocs=world)
        except multiprocessing.ProcessRaisedException as error:
            if "NotImplementedError" not in str(error):
                raise
            shutil.rmtree(kind, ignore_errors=True)
            print(kind, "cannot be saved by this version of torch")
            continue
        print(kind, sum(file.stat().st_size for file in pathlib.Path(kind).rglob("*") if file.is_file()), "bytes")


if __name__ == "__main__":
    main()
