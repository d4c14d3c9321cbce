"""Reads a run directory (base/ and checkpoint-N/, one model.safetensors each) into float64 arrays."""
from pathlib import Path

import numpy as np
from safetensors import deserialize

WIDTHS = {"F16": np.float16, "F32": np.float32, "F64": np.float64}


def load(path):
    """{name: float64 array}. The bits of bfloat16 are the upper half of a float32, so widening is exact."""
    tensors = {}
    for name, info in deserialize(Path(path).read_bytes()):
        if info["dtype"] == "BF16":
            wide = (np.frombuffer(info["data"], "<u2").astype(np.uint32) << 16).view(np.float32)
        elif info["dtype"] in WIDTHS:
            wide = np.frombuffer(info["data"], WIDTHS[info["dtype"]])
        else:
            continue
        tensors[name] = wide.astype(np.float64).reshape(info["shape"])
    return tensors


def is_tracked(name, array):
    return array.ndim == 2 and (".self_attn." in name or ".mlp." in name)


class Run:
    """Updates D_i = W_i - W_0 of every tracked module: `updates[module][i]`, and `steps[i]`."""

    def __init__(self, directory):
        directory = Path(directory)
        folders = sorted(directory.glob("checkpoint-*"), key=lambda p: int(p.name.split("-")[1]))
        self.name = directory.name
        self.steps = [int(p.name.split("-")[1]) for p in folders]
        base = load(directory / "base" / "model.safetensors")
        self.modules = sorted(name for name, w in base.items() if is_tracked(name, w))
        self.base = {name: base[name] for name in self.modules}
        self.updates = {name: [] for name in self.modules}
        for folder in folders:
            weights = load(folder / "model.safetensors")
            for name in self.modules:
                self.updates[name].append(weights[name] - base[name])
