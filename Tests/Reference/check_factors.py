#!/usr/bin/env python3
"""Holds the factors in a store against those of a run's adapters, computed here as dense matrices.

    python check_factors.py STORE RUN BASE

RUN has checkpoint-N folders of PEFT with one rank and one alpha. For each recorded step and module: sigma_1 to sigma_k, the
Frobenius norm, the norm of the base's weight, and the rank-1 part itself. Prints one line; exits with 1 where they differ.
"""
import functools
import json
import sqlite3
import sys
from pathlib import Path

import numpy as np

from run_files import load

QUERY = """SELECT step, module, f.rows, f.columns, f.base_norm, f.frobenius_norm, t.rank, t.sigma, t.left_vector, t.right_vector
FROM module_triplet t JOIN module_factor f USING (step, module) ORDER BY step, module, t.rank"""


@functools.cache
def adapter(folder):
    return json.loads((folder / "adapter_config.json").read_text()), load(folder / "adapter_model.safetensors")


def update(folder, name):
    """scale B A of one module, dense, in double precision."""
    config, tensors = adapter(folder)
    stem = "base_model.model." + name.removesuffix(".weight")
    up, down = (tensors[f"{stem}.lora_{part}.weight"].astype(float) for part in "BA")
    return config["lora_alpha"] / config["r"] * up @ down


def main():
    store, run, base = sys.argv[1], Path(sys.argv[2]), load(Path(sys.argv[3]) / "model.safetensors")
    worst, count, known = 0.0, 0, (None, None)
    for step, name, rows, columns, base_norm, norm, rank, sigma, left, right in sqlite3.connect(store).execute(QUERY):
        if known[0] != (step, name):
            matrix = update(run / f"checkpoint-{step}", name)
            known = ((step, name), np.linalg.svd(matrix, full_matrices=False))
            worst = max(worst, abs(norm / np.linalg.norm(matrix) - 1))
            worst = max(worst, abs(base_norm / np.linalg.norm(base[name].astype(float)) - 1))
        u, s, vt = known[1]
        # sigma exactly; the vectors as float32, so a few 2^-24 of sigma_1, over the gap to the next value.
        worst = max(worst, abs(sigma / s[rank] - 1))
        part = sigma * np.outer(np.frombuffer(left, "<f4").astype(float), np.frombuffer(right, "<f4").astype(float))
        exact = s[rank] * np.outer(u[:, rank], vt[rank])
        gap = min(abs(s[rank] - s[other]) for other in (rank - 1, rank + 1) if 0 <= other < len(s)) / s[rank]
        allowed = 2.0**-22 * s[rank] / min(1, gap)
        if np.linalg.norm(part - exact) > allowed:
            sys.exit(f"step {step}, {name}, triplet {rank}: {np.linalg.norm(part - exact)} of {allowed}")
        count += 1
    print(f"{count} triplets, largest relative difference of a number {worst:.1e}")
    sys.exit(not (count and worst < 1e-10))


if __name__ == "__main__":
    main()
