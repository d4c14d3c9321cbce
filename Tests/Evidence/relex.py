#!/usr/bin/env python3
"""How far `relex` on rank-1 parts, which `alpharl predict` writes, lies from RELEX as published, on full deltas.

    relex.py --alpharl .build/release/alpharl --runs FOLDER [--out Tests/Evidence/relex.json] [NAME...]

The published algorithm (arXiv 2605.21468): for each matrix one direction, the first right singular vector of the
flattened updates stacked over the checkpoints; their coefficients along it fitted with a straight line against the step;
the line's value at the target times the direction. Both predictions take all other tensors from the last checkpoint, and
both are rounded to the checkpoints' type.
"""
import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from evidence import HERE, Run
from findings import WINDOWS

NAMES = ("addition-grpo", "sorting")


def is_tracked(name, tensor):
    return tensor.ndim == 2 and (".self_attn." in name or ".mlp." in name)


def published(steps, updates, target):
    """The predicted update of one matrix from its updates, [checkpoints, rows, columns]."""
    stacked = updates.reshape(len(steps), -1)
    if not stacked.any():
        return np.zeros(updates.shape[1:])
    direction = np.linalg.svd(stacked, full_matrices=False)[2][0]
    value = np.polyval(np.polyfit(steps, stacked @ direction, 1), target)
    return (value * direction).reshape(updates.shape[1:])


def weights(folder):
    return load_file(folder / "model.safetensors")


def by_full_deltas(run, until, target, out):
    """Writes the published prediction as a model folder; returns its predicted updates before rounding."""
    base, steps = weights(run.base), [step for step in run.steps if step <= until]
    past = [weights(run.checkpoints[step]) for step in steps]
    written, predicted = dict(past[-1]), {}
    for name, start in base.items():
        if is_tracked(name, start):
            start = start.double().numpy()
            updates = np.stack([checkpoint[name].double().numpy() - start for checkpoint in past])
            predicted[name] = published(steps, updates, target)
            written[name] = torch.from_numpy(start + predicted[name]).to(base[name].dtype)
    shutil.copytree(run.checkpoints[until], out)
    save_file(written, out / "model.safetensors", metadata={"format": "pt"})
    return predicted


def by_parts(alpharl, run, until, target, out):
    command = [alpharl, "predict", run.folder, "--base", run.base, "--out", out, "--until-step", until, "--target-step",
               target, "--model", "relex", "--force", "--json"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    return Path(json.loads(done.stdout)["predictions"][0]["path"])


def compare(alpharl, run, until, target, work):
    full = by_full_deltas(run, until, target, work / "full")
    folder = by_parts(alpharl, run, until, target, work / "parts")
    base, parts = weights(run.base), weights(folder)
    one = np.concatenate([full[name].ravel() for name in full])
    other = np.concatenate([(parts[name].double() - base[name].double()).numpy().ravel() for name in full])
    return {"until": until, "target": target, "distance": float(np.linalg.norm(one - other) / np.linalg.norm(one)),
            "cosine": float(one @ other / np.linalg.norm(one) / np.linalg.norm(other)),
            "norm_ratio": float(np.linalg.norm(other) / np.linalg.norm(one)),
            "accuracy_full": round(run.judge.accuracy(work / "full"), 6),
            "accuracy_parts": round(run.judge.accuracy(folder), 6), "accuracy_last": round(
                run.judge.accuracy(run.checkpoints[until]), 6)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", default=NAMES)
    parser.add_argument("--alpharl", required=True, type=Path)
    parser.add_argument("--runs", required=True, type=Path)
    parser.add_argument("--out", type=Path, default=HERE / "relex.json")
    arguments = parser.parse_args()
    found = {}
    for entry in json.loads((HERE / "runs.json").read_text())["runs"]:
        if entry["name"] not in arguments.names:
            continue
        run = Run(entry, arguments.runs)
        for window, until in run.windows():
            for target in {2 * until, run.end} if window in WINDOWS[1:] else ():
                with tempfile.TemporaryDirectory() as work:
                    row = compare(arguments.alpharl.resolve(), run, until, target, Path(work))
                found.setdefault(run.name, []).append(row)
                print(run.name, row, flush=True)
    arguments.out.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
