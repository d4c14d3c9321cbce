#!/usr/bin/env python3
"""Loads a predicted directory with the safetensors package and holds it against the reference.

    python check_prediction.py PREDICTED CHECKPOINT reference.json

PREDICTED is named step-TARGET-from-START; CHECKPOINT is the checkpoint of START. Checks that both hold the same tensors with the same
types and shapes, that untracked tensors are equal bit for bit, and, where reference.json has this model's prediction
between these two steps, that the modules moved as it says. Exits with 1 and one line for each difference.
"""
import json
import re
import sys
from pathlib import Path

import numpy as np
from safetensors import safe_open

from reference import pseudo_random
from run_files import load


def header(folder):
    """{name: (type, shape)} and the metadata of a folder's model.safetensors."""
    with safe_open(Path(folder) / "model.safetensors", "np") as file:
        described = {k: (file.get_slice(k).get_dtype(), tuple(file.get_slice(k).get_shape())) for k in file.keys()}
        return described, file.metadata()


def bits(weights):
    """Bits of bfloat16 numbers that were widened."""
    return (weights.astype(np.float32).view(np.uint32) >> 16).astype(int)


def moved(row, before, after):
    """Differences of one module. Rounding to bfloat16 goes up or down by chance (docs/decisions/0010): noise of at most
    half a unit in the last place of standard deviation an entry, so the projection may be off by 6 standard deviations
    of such noise, an entry by one unit from the nearest, and more entries change than by rounding to nearest."""
    x, y = pseudo_random(before.shape[0], 1), pseudo_random(before.shape[1], 2)
    unit = np.exp2(np.floor(np.log2(np.maximum(np.abs(after), 1e-30))) - 7)
    allowed = 6 * np.sqrt((x**2) @ (unit**2 / 4) @ (y**2)) + 1e-3 * row["movement_norm"]
    found = x @ (after - before) @ y
    if abs(found - row["movement_projection"]) > allowed:
        yield f"{row['module']}: projection of the movement {found:.4g}, expected {row['movement_projection']:.4g}"
    changed = int((before != after).sum())
    if not 0.98 * row["entries_changed"] - 5 <= changed <= before.size:
        yield f"{row['module']}: {changed} entries changed, expected at least {row['entries_changed']}"
    for i, j, expected in row["bfloat16_entries"]:
        if abs(bits(after[i, j]) - expected) > 1:
            yield f"{row['module']}[{i}, {j}]: bits {bits(after[i, j]):#06x}, expected {expected:#06x} or a neighbour"


def differences(predicted, checkpoint, reference):
    (new, metadata), (old, _) = header(predicted), header(checkpoint)
    if metadata != {"format": "pt"}:
        yield f"metadata {metadata}, expected {{'format': 'pt'}}"
    for name in sorted(set(new) ^ set(old)):
        yield f"{name}: only in {predicted if name in new else checkpoint}"
    for name in sorted(set(new) & set(old)):
        if new[name] != old[name]:
            yield f"{name}: {new[name]}, expected {old[name]}"
    after, before = (load(Path(p) / "model.safetensors") for p in (predicted, checkpoint))
    tracked = set(reference["modules"])
    for name in sorted(set(after) & set(before) - tracked):
        if not np.array_equal(after[name], before[name]):
            yield f"{name}: not tracked, yet not that of the checkpoint"
    manifest = Path(predicted) / "alpharl.json"
    model = json.loads(manifest.read_text())["model"] if manifest.exists() else "tangent"
    target, start = map(int, re.match(r"step-(\d+)-from-(\d+)", Path(predicted).name).groups())
    for known in reference["predictions"]:
        if (known["model"], known["from_step"], known["target_step"]) == (model, start, target):
            for row in known["modules"]:
                yield from moved(row, before[row["module"]], after[row["module"]])


def main():
    predicted, checkpoint, reference = sys.argv[1:4]
    found = list(differences(predicted, checkpoint, json.loads(Path(reference).read_text())))
    print("\n".join(found) or "as expected")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
