"""The same matrices by other means: full SVD and randomised SVD with torch, svds with scipy; prints JSON.

    peers.py BASE CHECKPOINT THREADS OURS.json [--largest-full ELEMENTS] [--past FOLDER...]

OURS.json is what KernelBenchmark printed for the same matrices. With the checkpoints before this one, whole steps of AlphaRL
and RELEX too: what their scripts do with one more checkpoint of a matrix, from the updates to the predicted one.

For each peer the seconds for the first triplet (the full SVD gives all) and how far its first singular value and right
vector are from the full SVD's. `torch.svd_lowrank` is given the smallest number of power iterations at which it is as
accurate as asked (SINE); the difference of the two weights is made beforehand and not counted.
"""

import json
import os
import statistics
import sys
import time

threads = sys.argv[3]
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = threads

import numpy as np  # noqa: E402
import torch  # noqa: E402
from scipy.sparse.linalg import svds  # noqa: E402

torch.set_num_threads(int(threads))
torch.manual_seed(0)
SINE = 2e-3  # of the angle to the right vector: what a residual of 1e-3 means where the gap is that of real updates


def tensors(folder):
    path = os.path.join(folder, "model.safetensors")
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()
    for name, entry in header.items():
        if name != "__metadata__":
            first, end = entry["data_offsets"]
            yield name, entry["shape"], np.memmap(path, np.uint16, "r", start + first, ((end - first) // 2,))


def single(bits, shape):
    return (bits.astype(np.uint32) << 16).view(np.float32).reshape(shape)


def timed(body, repeats):
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        result = body()
        times.append(time.perf_counter() - began)
    return statistics.median(times), result


def sine(a, b):
    """Of the angle between two vectors."""
    a, b = (v.astype(np.float64) / np.linalg.norm(v.astype(np.float64)) for v in (a, b))
    return float(np.linalg.norm(a - (a @ b) * b))


def measure(update, full_limit):
    dense = torch.from_numpy(update)
    result = {}
    truth = None
    if update.size <= full_limit:
        seconds, (_, values, vectors) = timed(lambda: torch.linalg.svd(dense, full_matrices=False), 1)
        truth = vectors[0].numpy()
        result["full_svd"] = {"seconds": seconds, "sigma": float(values[0])}
    # Without the full SVD: svds to machine precision is the truth.
    seconds, (_, values, vectors) = timed(lambda: svds(update, k=1, tol=0, random_state=0), 1)
    reference = vectors[0] / np.linalg.norm(vectors[0])
    truth = reference if truth is None else truth
    seconds, (_, values, vectors) = timed(lambda: svds(update, k=1, tol=1e-3, random_state=0), 3)
    result["svds"] = {"seconds": seconds, "sigma": float(values[0]), "sine": sine(vectors[0], truth)}
    for iterations in (2, 4, 8, 16, 32):
        seconds, (_, values, vectors) = timed(lambda: torch.svd_lowrank(dense, q=6, niter=iterations), 3)
        found = sine(vectors[:, 0].numpy(), truth)
        if found <= SINE or iterations == 32:
            result["svd_lowrank"] = {
                "seconds": seconds, "sigma": float(values[0]), "sine": found, "niter": iterations}
            break
    return result, truth


def alpharl_step(update, earlier, steps, target):
    """arXiv 2510.00553: full SVD, then partial least squares with one component of the norm-rescaled left vectors on the
    step, inverted at the target, times the last right vector. `earlier` has those vectors of the checkpoints before."""
    left, _, right = torch.linalg.svd(torch.from_numpy(update), full_matrices=False)
    rows = np.stack([*earlier, left[:, 0].numpy() * np.linalg.norm(update)]).astype(np.float64)
    mean, deviation = rows.mean(0), rows.std(0, ddof=1)
    scaled = (rows - mean) / np.where(deviation > 0, deviation, 1)
    response = np.array(steps, float) - np.mean(steps)
    weight = scaled.T @ response
    score = scaled @ (weight / np.linalg.norm(weight))
    loading = scaled.T @ score / (score @ score)
    slope, intercept = np.polyfit(score, steps, 1)
    predicted = mean + np.where(deviation > 0, deviation, 1) * (target - intercept) / slope * loading
    return np.outer(predicted, right[0].numpy())


def relex_step(updates, steps, target):
    """arXiv 2605.21468: the first right singular vector of the stacked updates, and a line through the coefficients."""
    stacked = np.stack([update.ravel() for update in updates])
    direction = np.linalg.svd(stacked, full_matrices=False)[2][0]
    return np.polyval(np.polyfit(steps, stacked @ direction, 1), target) * direction


def whole_steps(updates):
    """Seconds of both with one more checkpoint, the last of `updates`; those before it have been worked on."""
    steps = [10 * (number + 1) for number in range(len(updates))]
    random = np.random.default_rng(0)
    earlier = [random.normal(size=updates[0].shape[0]) * step for step in steps[:-1]]  # any numbers take as long
    alpharl, _ = timed(lambda: alpharl_step(updates[-1], earlier, steps, 2 * steps[-1]), 1)
    relex, _ = timed(lambda: relex_step(updates, steps, 2 * steps[-1]), 1)
    return {"alpharl_seconds": alpharl, "relex_seconds": relex, "checkpoints": len(steps)}


def main():
    base, checkpoint = sys.argv[1:3]
    past = sys.argv[sys.argv.index("--past") + 1:] if "--past" in sys.argv else []
    limit = int(sys.argv[sys.argv.index("--largest-full") + 1]) if "--largest-full" in sys.argv else 0
    with open(sys.argv[4]) as file:
        ours = json.load(file)
    found = {}
    old = {name: (shape, bits) for name, shape, bits in tensors(base)}
    before = [{name: bits for name, _, bits in tensors(folder)} for folder in past]
    for name, shape, bits in tensors(checkpoint):
        update = single(bits, shape) - single(old[name][1], shape)
        result, truth = measure(update, limit)
        row = next((r for r in ours["factors"] if r["module"] == name), None)
        if row:
            result["alpharl"] = {
                "seconds_cold": row["cold_seconds"], "seconds_warm": row["warm_seconds"], "sigma": row["sigma"][0],
                "sine": sine(np.array(row["right"], dtype=np.float32), truth), "passes_cold": row["cold_passes"],
                "passes_warm": row["warm_passes"]}
        if before:
            start = single(old[name][1], shape)
            result["whole_steps"] = whole_steps([single(bits[name], shape) - start for bits in before] + [update])
        found[name] = {"shape": shape, **result}
    print(json.dumps(found))


main()
