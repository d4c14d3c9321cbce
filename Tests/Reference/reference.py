#!/usr/bin/env python3
"""Computes in plain numpy, scipy and scikit-learn what the daemon must find on the example run.

    python reference.py RUN_DIR --out reference.json [--fixture forecasting.json]

RUN_DIR holds base/ and checkpoint-N/ (full weights). Nothing is shared with the Swift implementation: dense SVDs
in float64, whole matrices, textbook fits. Vectors are not written out; what is written is their inner product with
fixed pseudo-random vectors (see `pseudo_random`), which Swift can make too. With --fixture, the factors of one small
module and what every model makes of them are written as well: inputs and outputs of a unit test.
"""
import argparse
import json

import numpy as np
import scipy.linalg

import backtests
import confidence
import models
from run_files import Run

KINDS = ["model.layers.0.self_attn.q_proj.weight", "model.layers.1.self_attn.k_proj.weight",
         "model.layers.1.mlp.gate_proj.weight", "model.layers.2.mlp.down_proj.weight"]
WINDOWS = [3, 6, 12, 25]


def pseudo_random(count, seed):
    """`count` numbers in -0.5..<0.5: x <- 6364136223846793005 x + 1442695040888963407 mod 2^64, from x = seed;
    each number is (x >> 40) / 2^24 - 0.5."""
    out, x = [], seed
    for _ in range(count):
        x = (6364136223846793005 * x + 1442695040888963407) % 2**64
        out.append((x >> 40) / 2**24 - 0.5)
    return np.array(out)


def bilinear(factor):
    """x^T M y of a low-rank matrix with x = pseudo_random(m, 1), y = pseudo_random(n, 2): free of sign and of order."""
    u, s, v = factor
    return float((pseudo_random(len(u), 1) @ u * s) @ (v.T @ pseudo_random(len(v), 2)))


def described(run, module, i):
    """The factor of one update: six singular values (two beyond the rank, for the gap) and each triplet's projection."""
    d = run.updates[module][i]
    u, s, v = models.triplets(d, 6)
    check = scipy.linalg.svdvals(d)[:6]
    assert np.allclose(s, check, rtol=1e-10), "numpy and scipy disagree"
    return {"module": module, "step": run.steps[i], "sigma": list(s), "frobenius_norm": np.linalg.norm(d),
            "base_norm": np.linalg.norm(run.base[module]), "energy_share": s[0] ** 2 / np.linalg.norm(d) ** 2,
            "unchanged_share": float((d == 0).mean()),
            "projections": [bilinear((u[:, k:k + 1], s[k:k + 1], v[:, k:k + 1])) for k in range(4)]}


def slopes(run, factors, module, count):
    """Every combination model's slope after `count` checkpoints: singular values and projection."""
    rows = []
    for name, slope in models.SLOPES.items():
        for rank in (1, 4) if name == "tangent" else (1,):
            found = slope(run.steps[:count], factors[module][:count], rank)
            rows.append({"module": module, "checkpoints": count, "model": name, "rank": rank,
                         "sigma": list(found[1]), "projection": bilinear(found)})
    return rows


def alpha_rl(run, factors, module, count):
    """The paper's model after `count` checkpoints, for twice the last step."""
    target = 2 * run.steps[count - 1]
    at, rate, r2 = models.alpha_rl(run.steps[:count], run.updates[module][:count], factors[module][:count], target)
    v = factors[module][count - 1][2][:, :1] * models.signs(factors[module][:count])[-1]
    wrap = lambda a: bilinear((a[:, None], np.ones(1), v))
    return {"module": module, "checkpoints": count, "target": target, "r_squared": r2,
            "norm": np.linalg.norm(at), "projection": wrap(at),
            "slope_norm": np.linalg.norm(rate), "slope_projection": wrap(rate)}


def to_bfloat16(x):
    """Nearest bfloat16, ties to even, and the distance to the nearest rounding boundary in units in the last place."""
    bits = np.float32(x).view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return rounded, abs((bits & 0xFFFF).astype(float) / 65536 - 0.5)


def prediction(run, factors, count, target):
    """`tangent` of rank 1 at full step from the `count`-th checkpoint: per module the movement, how many entries it
    changes in bfloat16, and the bits of a few that lie clear of a rounding boundary."""
    rows = []
    for module in KINDS:
        u, s, v = models.tangent_slope(run.steps[:count], factors[module][:count], 1)
        movement = (target - run.steps[count - 1]) * (u * s) @ v.T
        weights = run.base[module] + run.updates[module][count - 1] + movement
        bits, clear = to_bfloat16(weights)
        moved = np.argwhere((clear > 0.05) & (bits != to_bfloat16(weights - movement)[0]))
        chosen = moved[:: max(1, len(moved) // 12)][:12]
        rows.append({"module": module, "movement_norm": np.linalg.norm(movement),
                     "movement_projection": bilinear((u, s * (target - run.steps[count - 1]), v)),
                     "entries_changed": int((bits != to_bfloat16(weights - movement)[0]).sum()),
                     "bfloat16_entries": [[int(i), int(j), int(bits[i, j])] for i, j in chosen]})
    return {"from_step": run.steps[count - 1], "target_step": target, "model": "tangent", "rank": 1, "modules": rows}


def backtest_rows(laboratory):
    """One row per pair: origin, target, [sum a^2, sum a p, sum p^2, sum (a - p)^2], ratio, realised, skill."""
    return [{"origin": laboratory.run.steps[o], "target": laboratory.run.steps[n], **pair}
            for (o, n), pair in laboratory.pairs.items()]


def judged(run, rows):
    full = confidence.history(run.steps, rows)
    thinned = confidence.history(run.steps, rows, thinned=True)
    return {"all_origins": full, "thinned": thinned, "emissions": confidence.emissions(run.steps, full),
            "emissions_thinned": confidence.emissions(run.steps, thinned)}


def fixture(run, factors, module, count, rank=2):
    """Factors of one module as float32, exactly, and what the models make of those numbers."""
    rounded = []
    for (u, s, v), d in zip(factors[module][:count], run.updates[module][:count]):
        keep = [np.float32(x[:, :rank]).astype(float) for x in (u, v)]
        rounded.append((keep[0], s[:rank], keep[1]))
    local = {module: rounded}
    inputs = [{"step": run.steps[i], "sigma": list(s), "frobenius_norm": np.linalg.norm(run.updates[module][i]),
               "left": shortest(u.T), "right": shortest(v.T)} for i, (u, s, v) in enumerate(rounded)]
    return {"module": module, "rows": len(rounded[0][0]), "columns": len(rounded[0][2]), "factors": inputs,
            "slopes": [row for c in (3, 5, count) for row in slopes_of_rank(run, local, module, c, rank)],
            "alpha_rl": [alpha_rl(run, local, module, c) for c in (3, 5, count)], "pls": pls_cases()}


def pls_cases():
    """Small regressions by scikit-learn: plain, with constant features, with a zero row, more features than rows."""
    from sklearn.cross_decomposition import PLSRegression
    from sklearn.linear_model import LinearRegression
    generator, cases = np.random.default_rng(5), []
    for rows, features, kind in ((5, 3, "plain"), (6, 4, "constant"), (4, 3, "zero"), (4, 9, "wide")):
        x, y = generator.normal(size=(rows, features)).round(3), np.sort(generator.integers(1, 500, rows)).astype(float)
        if kind == "constant":
            x[:, 1], x[:, 3] = 0.0, 2.5
        if kind == "zero":
            x[0] = 0.0
        pls = PLSRegression(n_components=1).fit(x, y)
        scores = pls.transform(x)
        line = LinearRegression().fit(scores, y)
        at = pls.inverse_transform(np.array([[(700.0 - line.intercept_) / line.coef_[0]]]))[0]
        cases.append({"kind": kind, "rows": x, "response": y, "target": 700.0, "at_target": at,
                      "r_squared": line.score(scores, y)})
    return cases


def shortest(vectors):
    """Nine digits name a float32 exactly."""
    return [[float(f"{x:.9g}") for x in vector] for vector in vectors]


def slopes_of_rank(run, factors, module, count, rank):
    return [{"checkpoints": count, "model": name, "rank": k, "sigma": list(found[1]), "projection": bilinear(found)}
            for name, slope in models.SLOPES.items() for k in (1, rank)
            for found in [slope(run.steps[:count], factors[module][:count], k)]]


def write(path, document, digits):
    """JSON, one line per item of each list, numbers to `digits` significant digits."""
    def plain(x):
        if isinstance(x, dict):
            return {k: plain(v) for k, v in x.items()}
        if isinstance(x, (list, tuple, np.ndarray)):
            return [plain(v) for v in x]
        if isinstance(x, (np.integer, int)):
            return int(x)
        return float(f"{float(x):.{digits}g}") if isinstance(x, (float, np.floating)) else x

    def lines(x, depth):
        pad = " " * depth
        if isinstance(x, dict) and depth < 2:
            return "{\n" + ",\n".join(f'{pad} {json.dumps(k)}: {lines(v, depth + 1)}' for k, v in x.items()) + f"\n{pad}}}"
        if isinstance(x, list) and x and isinstance(x[0], (dict, list)) and depth < 3:
            return "[\n" + ",\n".join(f"{pad} {json.dumps(v)}" for v in x) + f"\n{pad}]"
        return json.dumps(x)

    with open(path, "w") as file:
        file.write(lines(plain(document), 0) + "\n")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("run")
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--fixture")
    arguments = arguments.parse_args()
    run = Run(arguments.run)
    factors = {k: [models.triplets(d, 4) for d in run.updates[k]] for k in run.modules}
    kinds = [k for k in KINDS if k in run.modules]
    counts = [c for c in WINDOWS if c <= len(run.steps)]
    laboratories = {rank: backtest_rows(backtests.Laboratory(run, factors, rank=rank)) for rank in (1, 4)}
    verdicts = {rank: judged(run, rows) for rank, rows in laboratories.items()}
    write(arguments.out, {
        "run": run.name, "steps": run.steps, "modules": run.modules,
        "factors": [described(run, k, i) for k in kinds for i in sorted({0, 1, len(run.steps) // 2, len(run.steps) - 1})],
        "slopes": [row for k in kinds for c in counts for row in slopes(run, factors, k, c)],
        "alpha_rl": [alpha_rl(run, factors, k, c) for k in kinds for c in counts],
        "windows": [{"checkpoints": c, "rank": r, **backtests.windowed(run, factors, r, c)}
                    for r in (1, 4) for c in (5, 7, 10, 12)],
        "pairs_rank_1": laboratories[1], "pairs_rank_4": laboratories[4],
        "confidence_rank_1": verdicts[1], "confidence_rank_4": verdicts[4],
        "predictions": [prediction(run, factors, run.steps.index(step) + 1, int(target))
                        for step, ratio, target in verdicts[1]["emissions_thinned"] if ratio == 2],
    }, 10)
    if arguments.fixture:
        write(arguments.fixture, fixture(run, factors, "model.layers.1.self_attn.k_proj.weight", 8), 17)


if __name__ == "__main__":
    main()
