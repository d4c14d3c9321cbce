"""Makes ../trainer-runs.tar.xz: tiny runs of every trainer, and what must be found in them.

    python make_runs.py OUT.tar.xz        (a minute on two cores; needs requirements.txt beside this file)

`real.py` holds trainers that run on a CPU, `trees.py` the others; `expected.json` in the archive has for each run the layout,
the steps, the accuracies, and of every tracked module the singular values of its update by numpy's SVD in float64."""

import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy
import torch
import transformers
from safetensors import safe_open

import logs
import real
import tiny
import trees

RANK = 4
EVENTS = {
    "openrlhf": ("eval/eval_math_pass1", "train/rollout/reward_mean"), "areal": ("eval-rollout/reward", "rollout/reward"),
    "torchtune": ("eval/accuracy", "loss"), "slime": ("eval/math", "rollout/raw_reward"),
}
# Run: layout, folder that is watched below the run, folders of the weights below it, base, where accuracies come from.
RUNS = {
    "trainer": ("huggingface", "", "checkpoint-{}", "base", "trainer_state: eval_accuracy"),
    "trl-grpo": ("huggingface", "", "checkpoint-{}", "base", "trainer_state: rewards/accuracy_reward/mean"),
    "verl-hf": ("verl", "checkpoints/math/tiny", "global_step_{}/actor/huggingface", "base", "val-core/gsm8k/acc/mean@4"),
    "verl-fsdp": ("verl", "", "global_step_{}/actor", "base", None),
    "verl-megatron": ("verl", "", "global_step_{}/actor/model/huggingface", "base-bf16", None),
    "openrlhf": ("openrlhf", "", "global_step{}_hf", "base-bf16", "eval/eval_math_pass1"),
    "prime-rl": ("prime-rl", "", "broadcasts/step_{}", "base-bf16", "eval/math/all/correct/avg@4"),
    "prime-rl-old": ("prime-rl", "", "weights/step_{}", "base-bf16", None),
    "nemo-rl": ("nemo-rl", "", "step_{}/policy/weights/model/consolidated", "base", "training_info: val:accuracy"),
    "slime": ("slime", "", "hf_{}", "base-bf16", None),
    "areal": ("areal", "", "epoch*globalstep{}", "base-bf16", "eval-rollout/reward"),
    "torchtune": ("torchtune", "", "step_{}", "base-bf16", "eval/accuracy"),
    "torchtune-epochs": ("torchtune", "", "epoch_{}", "base", None),
    "torchtitan": ("torchtitan", "", "checkpoint/step-{}", "base", None),
    "alpharl": ("alpharl", "", "DAPO-step-{}", "base-bf16", None),
    "relex": ("relex", "", "global_step{}", "base-bf16", None),
}


def shards(folder):
    """What the ranks' files hold, put together without a process group."""
    parts = [torch.load(path, weights_only=False) for path in sorted(folder.glob("model_world_size_2_rank_*.pt"))]
    return {name: torch.cat([part[name]._local_tensor for part in parts]) for name in parts[0]} if parts else {}


def distributed(folder):
    """What torch itself loads of a checkpoint of many processes, under the model's names."""
    from torch.distributed.checkpoint import FileSystemReader, load

    if not (folder / ".metadata").exists():
        return {}
    described = FileSystemReader(folder).read_metadata().state_dict_metadata
    names = [name for name in described if name.startswith(("model.", "lm_head."))]
    found = {name: torch.empty(described[name].size, dtype=described[name].properties.dtype) for name in names}
    load(found, checkpoint_id=folder, no_dist=True)
    return found


def tensors(folder):
    found = shards(folder) | distributed(folder)
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            found |= {name: file.get_tensor(name) for name in file.keys()}
    return found


def factors(folder, base):
    weights, values = tensors(folder), {}
    for name, start in tensors(base).items():
        if any(part in name for part in tiny.TRACKED) and name.endswith("weight"):
            update = weights[name].to(torch.float64).numpy() - start.to(torch.float64).numpy()
            values[name] = numpy.linalg.svd(update, compute_uv=False)[:RANK].tolist()
    assert len(values) == 14
    return values


def steps_of(watched, pattern):
    return [step for step in range(1, 20) if list(watched.glob(pattern.format(step)))]


def measured(name, watched, source):
    """Step and accuracy as the log has them; for the real trainers from the newest trainer_state.json."""
    if source is None:
        return []
    if not source.startswith("trainer_state"):
        return [[step, logs.accuracy(step)] for step in (4, 8, 12)]
    newest = max(watched.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    rows = json.loads((newest / "trainer_state.json").read_text())["log_history"]
    key = source.split(": ")[1]
    return [[row["step"], row[key]] for row in rows if key in row]


def expectation(root, name):
    layout, below, pattern, base, source = RUNS[name]
    watched = root / name / below
    steps = steps_of(watched, pattern)
    return {
        "layout": layout, "watch": below, "base": base, "steps": steps, "source": source,
        "accuracies": measured(name, watched, source),
        "factors": {step: factors(next(watched.glob(pattern.format(step))), root / base) for step in steps},
    }


def make(root):
    for name, dtype in [("base", torch.float32), ("base-bf16", torch.bfloat16)]:
        tiny.model(dtype).save_pretrained(root / name)
    real.all_runs(root)
    for script, name in [("verl_fsdp.py", "verl-fsdp"), ("titan.py", "torchtitan")]:
        subprocess.run([sys.executable, Path(__file__).parent / script, root / name], check=True)
    trees.all_runs(root)
    place = root / "verl-hf/checkpoints/math/tiny"
    place.mkdir(parents=True)
    for path in [*(root / "verl-hf").glob("global_step_*"), root / "verl-hf/latest_checkpointed_iteration.txt"]:
        path.rename(place / path.name)
    logs.verl(root / "verl-hf")
    logs.prime_rl(root / "prime-rl")
    for name, tags in EVENTS.items():
        logs.event_files(root / name, *tags)
    expected = {
        "written_by": {package.__name__: package.__version__ for package in (transformers, torch, numpy)},
        "runs": {name: expectation(root, name) for name in RUNS},
        "tensor_scalars": logs.tensor_scalars(root / "tensor-scalars"),
    }
    (root / "expected.json").write_text(json.dumps(expected))


def main():
    torch.use_deterministic_algorithms(True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make(root)
        with tarfile.open(sys.argv[1], "w:xz", preset=9) as archive:
            for path in sorted(root.rglob("*")):
                archive.add(path, path.relative_to(root), recursive=False)


if __name__ == "__main__":
    main()
