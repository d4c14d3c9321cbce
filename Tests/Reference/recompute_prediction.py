#!/usr/bin/env python3
"""Recomputes a prediction of the model `tangent` from the checkpoints themselves and holds every weight against it.

    python recompute_prediction.py PREDICTED RUN

PREDICTED has an alpharl.json; RUN holds base/ and checkpoint-N/. Movement of a tracked module: the rank-1 parts of the
updates (dense SVDs) times the weights of the manifest's source steps, less the last part itself, truncated to rank 1,
times the manifest's `shrinkage`. Every written bfloat16 must be one of the two neighbours of checkpoint + movement, and
their differences must have the mean of a rounding by chance, zero. Everything else must be the checkpoint's, bit for bit.
Exits with 1 and one line for each difference.
"""
import hashlib
import json
import sys
from functools import cache
from pathlib import Path

import numpy as np

from models import dense, triplets
from run_files import is_tracked, load


@cache
def weights_of(folder):
    return load(folder / "model.safetensors")


def movement(manifest, run, name, last):
    weights = {row["step"]: row["weight"] for row in manifest["source_steps"]}
    weights[last] -= 1
    base = weights_of(run / "base")[name]
    updates = {step: weights_of(run / f"checkpoint-{step}")[name] - base for step in weights}
    whole = sum(weight * dense(triplets(updates[step], 1)) for step, weight in weights.items())
    shrinkage = next(part["value"] for part in manifest["confidence_parts"] if part["name"] == "shrinkage")
    return shrinkage * dense(triplets(whole, 1))


def differences_of_module(name, written, before, moved):
    """`written` against `before + moved`. The stored factors have a residual of at most 1e-3, so their directions may be
    off by about that over a gap: 2e-3 of the largest movement."""
    exact = before + moved
    unit = np.exp2(np.floor(np.log2(np.maximum(np.abs(exact), 1e-38))) - 7)
    slack = 2e-3 * np.abs(moved).max()
    off = np.abs(written - exact) > unit + slack
    if off.any():
        yield f"{name}: {int(off.sum())} weights are none of the two neighbours of the recomputed ones"
    scaled = (written - exact) / unit
    share = np.abs(scaled - np.round(scaled))
    spread = np.sqrt((share * (1 - share)).sum()) / scaled.size
    if abs(scaled.mean()) > 6 * spread + 1e-3:
        yield f"{name}: rounding has the mean {scaled.mean():.2e} units, expected 0 +- {spread:.1e}"
    if np.array_equal(written, before):
        yield f"{name}: nothing moved"


def differences(predicted, run):
    manifest = json.loads((predicted / "alpharl.json").read_text())
    for entry in manifest["files"]:
        content = (predicted / entry["name"]).read_bytes()
        if (len(content), hashlib.sha256(content).hexdigest()) != (entry["size"], entry["sha256"]):
            yield f"{entry['name']}: not the file of the manifest"
    last = manifest["anchor_step"]
    before = weights_of(run / f"checkpoint-{last}")
    written = weights_of(predicted)
    if written.keys() != before.keys():
        yield f"other tensors: {sorted(written.keys() ^ before.keys())}"
    for name in sorted(written.keys() & before.keys()):
        if is_tracked(name, before[name]):
            yield from differences_of_module(
                name, written[name], before[name], movement(manifest, run, name, last))
        elif not np.array_equal(written[name], before[name]):
            yield f"{name}: not tracked, yet not that of the checkpoint"


def main():
    found = list(differences(Path(sys.argv[1]), Path(sys.argv[2])))
    print("\n".join(found) or "as recomputed")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
