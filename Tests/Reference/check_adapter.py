#!/usr/bin/env python3
"""Holds an adapter against the full form of the same prediction, by numpy alone.

    python check_adapter.py BASE ADAPTER FULL [--share SHARE]

BASE and FULL hold model.safetensors, FULL in float32. Without --share: in every module that the adapter names, BASE + B A
is FULL to rounding to float32. With it: the adapter holds that share of FULL - BASE (squared Frobenius norms over its
modules), to 1e-4. Prints one line; exits with 1 where they differ.
"""
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from run_files import load


def updates(base, adapter, full):
    """(name, B A, FULL - BASE, FULL) in double precision for each module of the adapter."""
    tensors = load_file(Path(adapter) / "adapter_model.safetensors")
    old, new = (load(Path(folder) / "model.safetensors") for folder in (base, full))
    for key in sorted(tensors):
        if not key.endswith(".lora_A.weight"):
            continue
        name = key.removeprefix("base_model.model.").replace(".lora_A.weight", ".weight")
        up = tensors[key.replace(".lora_A.", ".lora_B.")].astype(float)
        after = new[name].astype(float)
        yield name, up @ tensors[key].astype(float), after - old[name].astype(float), after


def main():
    modules = list(updates(*sys.argv[1:4]))
    held = sum((product**2).sum() for _, product, _, _ in modules)
    whole = sum((update**2).sum() for _, _, update, _ in modules)
    if sys.argv[4:5] == ["--share"]:
        claimed, found = float(sys.argv[5]), held / whole
        print(f"{len(modules)} modules, share {found:.9f}, claimed {claimed:.9f}")
        sys.exit(not abs(found - claimed) <= 1e-4 * claimed)
    # A float32 rounding of the sum, and of s u and v (half a unit in the last place, 2^-24 of each) in the product.
    worst = 0.0
    for _, product, update, after in modules:
        allowed = 2.0**-24 * np.abs(after) + 2.0**-22 * np.linalg.norm(update)
        worst = max(worst, (np.abs(product - update) / allowed).max())
    print(f"{len(modules)} modules, largest difference {worst:.3f} of what rounding allows")
    sys.exit(not (modules and worst <= 1))


if __name__ == "__main__":
    main()
