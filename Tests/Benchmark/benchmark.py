"""Measures the program on synthetic runs with the shapes of published models; writes JSON and, asked for, the page.

Called by deploy/benchmark, which builds what it needs. Every ratio is of two times of the same run of this script.
"""

import argparse
import json
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import files
import page
import synthesis
from daemon import Daemon
from shapes import MODELS

WARM_UP = 14  # checkpoints before one is measured: all origins of backtests that are kept are there
FULL_SET = 68  # the working set is full
SMALL_MEMORY = "64MiB"
STAGES = ("vectors", "read", "coordinates", "factor", "refit", "closing", "store")


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def median(values):
    return statistics.median(values)


class Run:
    """A synthetic run on disk, and a daemon on it, one after another for each rank."""

    def __init__(self, options, model, layers, contents):
        self.options, self.model, self.layers, self.contents = options, model, layers, contents
        self.folder = os.path.join(options.scratch, model.name)
        began = time.perf_counter()
        self.size = synthesis.make(self.folder, model.weights(layers), contents)
        say(f"{model.title}: {layers} of {model.layers} layers, {contents + 1} files of {self.size / 1e9:.2f} GB "
            f"made in {time.perf_counter() - began:.0f} s")
        self.base = os.path.join(self.folder, "base", "model.safetensors")

    def start(self, name, rank, memory="8GiB", least=6):
        shutil.rmtree(os.path.join(self.folder, "watched"), ignore_errors=True)
        self.number = self.step = 0
        self.daemon = Daemon(
            self.options.alpharl, self.folder, os.path.dirname(self.base), name, rank=rank,
            threads=self.options.threads, memory=memory, least=least)
        return self.daemon

    def file(self, number):
        return os.path.join(self.folder, f"content-{synthesis.zigzag(number, self.contents)}", "model.safetensors")

    def link(self, repeats=False):
        """The next checkpoint appears, or the last one once more; returns its step."""
        self.step += 10
        self.number += not repeats
        synthesis.link_checkpoint(
            self.folder, self.daemon.watched, self.step, synthesis.zigzag(self.number - 1, self.contents))
        return self.step

    def warm_up(self, count):
        for _ in range(count):
            step = self.link()
        return self.daemon.wait_for(step)

    def record(self, polling=None, repeats=False):
        step = self.link(repeats)
        if polling is not None:
            polling += self.daemon.status_times(
                lambda: any(r.get("step") == step for r in self.daemon.recorded()))
        return self.daemon.wait_for(step)

    def remove(self):
        shutil.rmtree(self.folder)


def recordings(run, pairs, polling):
    """Medians of recording with everything cached and with the checkpoint cold, beside `cat` of the same files."""
    cached, cold = [], []
    for _ in range(pairs):
        files.warm(run.base, run.file(run.number))
        plain = files.cat(run.base, run.file(run.number))
        cached.append((run.record(), plain))
        files.warm(run.base)
        # Once for nobody: what lies behind the disk (a host, a controller) has the file then for both.
        for _ in range(2):
            files.drop(run.file(run.number))
            plain = files.cat(run.file(run.number))
        files.drop(run.file(run.number))
        cold.append((run.record(), plain))
    repeated = []
    for _ in range(pairs):
        times = []
        for repeats in (False, True):
            files.warm(run.base, run.file(run.number - repeats))
            times.append(run.record(repeats=repeats))
        repeated.append(times)
    # Weights at which the solver was stopped by its limit are worked on once more: few.
    if any(again["passes"] > 1 for _, again in repeated):
        raise SystemExit(f"a repeated checkpoint was worked on: {repeated}")
    # Apart from those: who asks without a pause takes a processor away from a daemon in the idle class.
    for _ in range(2):
        run.record(polling)
    result = {"repeated": {
        "seconds": median(again["seconds"] for _, again in repeated),
        "ratio": median(again["seconds"] / moved["seconds"] for moved, again in repeated)}}
    for name, rows in (("cached", cached), ("cold", cold)):
        result[name] = {
            "seconds": median(r["seconds"] for r, _ in rows), "cat_seconds": median(p for _, p in rows),
            "ratio": median(r["seconds"] / p for r, p in rows), "passes": median(r["passes"] for r, _ in rows),
            "unchanged": median(r["unchanged"] for r, _ in rows),
            "stages": {stage: median(r[stage] for r, _ in rows) for stage in STAGES}}
    return result


def store_bytes(path):
    """Bytes of the store, and of the vectors that it holds."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        pages, free, size = (
            database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size"))
        vectors = sum(
            database.execute(
                f"SELECT ifnull(sum(length({left}) + length({right})), 0) FROM {table}").fetchone()[0]
            for table, left, right in (
                ("triplet", "left_vector", "right_vector"), ("direction_vectors", "left_vectors", "right_vectors")))
    return {"file": pages * size, "used": (pages - free) * size, "vectors": vectors,
            "ratio": (pages - free) * size / vectors}


def emission(run, repeats):
    """Writing a prediction beside `dd` of a checkpoint's bytes with fsync: in turn, on one file system, before each the other's
    remains are gone from the disk. A run of its own that only grows, so that every tracked weight moves."""
    daemon = run.start("emission", 4, least=run.contents)
    run.warm_up(run.contents)
    source, target = run.file(run.number - 1), os.path.join(run.folder, "dd")
    pairs = []
    for number in range(repeats):
        files.warm(source)
        pair = {}
        for name in ("ours", "dd") if number % 2 else ("dd", "ours"):
            os.sync()
            if name == "dd":
                pair[name] = files.dd(source, target)
            else:
                pair[name], path = daemon.predict(2 * run.step + 10 * number)
                pair["bytes"] = sum(entry.stat().st_size for entry in os.scandir(path))
                pair["moved"] = synthesis.moved_share(source, os.path.join(path, "model.safetensors"))
                shutil.rmtree(path)
        pairs.append(pair)
    daemon.stop()
    os.remove(daemon.store)
    shares = [pair["dd"] / pair["ours"] for pair in pairs]
    if not all(pair["moved"] > 0.1 for pair in pairs):
        raise SystemExit(f"the predictions are copies: {pairs}")
    return {"bytes": pairs[0]["bytes"], "seconds": median(pair["ours"] for pair in pairs),
            "dd_seconds": median(pair["dd"] for pair in pairs), "share_of_dd": median(shares),
            "share_least": min(shares), "share_most": max(shares), "pairs": pairs}


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def measure_model(options, name, layers, contents, warm_up, ranks, repeats, emits):
    model = MODELS[name]
    run = Run(options, model, layers, contents)
    tracked = 2 * model.numbers(layers)
    result = {
        "model": model.title, "layers": model.layers, "made": layers, "modules": len(model.weights(layers)),
        "tracked_bytes": tracked, "file_bytes": run.size, "threads": options.threads,
        "largest_bytes": max(2 * rows * columns for _, rows, columns in model.weights(layers)), "ranks": {}}
    for rank in ranks:
        daemon = run.start(f"rank-{rank}", rank)
        run.warm_up(warm_up if rank > 1 else WARM_UP)
        polling = []
        found = recordings(run, repeats, polling)
        found |= {
            "status": {"asked": len(polling), "p50": percentile(polling, 0.5), "p99": percentile(polling, 0.99)},
            "checkpoints": run.step // 10, "peak_anonymous": daemon.peak_anonymous,
            "bound": 300e6 + options.threads * 2 * result["largest_bytes"]}
        if emits and rank > 1:
            time.sleep(10)  # What comes after a recording is over.
            found["idle"] = daemon.idle(30)
        daemon.stop()
        found["store"] = store_bytes(daemon.store)
        result["ranks"][rank] = found
        os.remove(daemon.store)
        if emits and rank > 1:
            found["emission"] = emission(run, 2 * repeats + 1)
        say(f"rank {rank}: cached {found['cached']['seconds']:.2f} s = {found['cached']['ratio']:.2f} x cat; "
            f"cold {found['cold']['seconds']:.2f} s = {found['cold']['ratio']:.2f} x cat")
    return result, run


def measure_memory(run, warm_up, repeats):
    """The same recordings with room for the largest weights, and without: these are then read by blocks of rows in each pass."""
    result = []
    for memory in ("8GiB", SMALL_MEMORY):
        daemon = run.start(f"memory-{memory}", 4, memory)
        run.warm_up(warm_up)
        found = recordings(run, repeats, [])["cached"]
        daemon.stop()
        os.remove(daemon.store)
        result.append({
            "memory": memory, "seconds": found["seconds"], "ratio": found["ratio"], "passes": found["passes"],
            "peak_anonymous": daemon.peak_anonymous})
        say(f"memory {memory}: {found['seconds']:.2f} s, peak {daemon.peak_anonymous / 1e6:.0f} MB")
    return result


def measure_length(options, ends):
    """One layer of the smallest model, over a long run: recording, refit and forecasts at several lengths."""
    run = Run(options, MODELS["0.5B"], 1, 4)
    daemon = run.start("long", 4)
    result = []
    for end in ends:
        run.warm_up(end - run.number)
        rows = [r for r in daemon.recorded() if end - 9 <= r["step"] / 10 <= end]
        asked = [_timed(lambda: daemon.get("/v1/forecasts")) for _ in range(7)]
        result.append({
            "checkpoints": end, "seconds": median(r["seconds"] for r in rows),
            "refit": median(r["refit"] for r in rows), "vectors": median(r["vectors"] for r in rows),
            "forecasts": median(asked), "peak_anonymous": daemon.peak_anonymous, "store": store_bytes(daemon.store)})
        say(f"checkpoint {end}: {result[-1]['seconds'] * 1e3:.0f} ms, refit {result[-1]['refit'] * 1e3:.1f} ms")
    daemon.stop()
    run.remove()
    return result


def _timed(body):
    began = time.perf_counter()
    body()
    return time.perf_counter() - began


def measure_peers(options, run, full_limit):
    """Our factor and the peers' on the same matrices, one thread each."""
    folder = os.path.join(options.scratch, "peers")
    size = synthesis.make(folder, run, 4)
    say(f"peers on {len(run)} matrices, {size / 1e6:.0f} MB")
    places = [os.path.join(folder, name) for name in ("base", "content-3", "content-4")]
    ours = subprocess.run(
        [options.kernel, "factor", *places, "1", "5"], check=True, capture_output=True, text=True).stdout
    path = os.path.join(folder, "ours.json")
    with open(path, "w") as file:
        file.write(ours)
    found = subprocess.run(
        [sys.executable, os.path.join(os.path.dirname(__file__), "peers.py"), places[0], places[2], "1", path,
         "--largest-full", str(full_limit), "--past",
         *(os.path.join(folder, f"content-{number}") for number in (1, 2, 3))],
        check=True, capture_output=True, text=True).stdout
    shutil.rmtree(folder)
    return json.loads(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alpharl", required=True)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--out", required=True, help="folder for benchmark.json and benchmark.md")
    parser.add_argument("--page", help="write the tables into this page")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--scratch", help="where the runs are made: 6 GB")
    parser.add_argument("--only", help="comma-separated: kernel, peers, models, length")
    options = parser.parse_args()
    only = set((options.only or "kernel,peers,models,length").split(","))
    with tempfile.TemporaryDirectory(prefix="alpharl-benchmark-", dir=options.scratch) as scratch:
        options.scratch = scratch
        result = measure(options, only)
    os.makedirs(options.out, exist_ok=True)
    with open(os.path.join(options.out, "benchmark.json"), "w") as file:
        json.dump(result, file, indent=1)
    text = page.tables(result)
    with open(os.path.join(options.out, "benchmark.md"), "w") as file:
        file.write(text)
    print(text)
    if options.page:
        page.write(options.page, text)


def measure(options, only):
    began = time.perf_counter()
    quick = options.quick
    result = {"machine": machine(), "quick": quick, "threads": options.threads}
    if "kernel" in only:
        result["kernel"] = json.loads(
            subprocess.run([options.kernel, "bandwidth"], check=True, capture_output=True, text=True).stdout)
        say(f"plain read {result['kernel']['read_gigabytes_per_second']:.1f} GB/s")
    if "peers" in only:
        layer = MODELS["0.5B" if quick else "1.5B"].layer(0)
        matrices = [w for w in layer if w[0].endswith(("q_proj.weight", "up_proj.weight"))]
        result["peers"] = measure_peers(options, matrices, 1 << 30)
    if "models" in only:
        plan = [("0.5B", 2, 4, WARM_UP, (4,), 2, True)] if quick else [
            ("0.5B", 8, 4, WARM_UP, (1, 4), 3, True), ("1.5B", 6, 4, WARM_UP, (1, 4), 5, True),
            ("7B", 2, 4, FULL_SET, (1, 4), 3, True), ("MoE", 1, 2, WARM_UP, (4,), 2, False)]
        result["models"] = []
        for name, layers, contents, warm_up, ranks, repeats, emits in plan:
            found, run = measure_model(options, name, layers, contents, warm_up, ranks, repeats, emits)
            if name == "7B" or quick:
                result["memory"] = {"model": found["model"], "largest_bytes": found["largest_bytes"],
                                    "rows": measure_memory(run, 6, repeats)}
            run.remove()
            result["models"].append(found)
    if "length" in only:
        result["length"] = measure_length(options, [10, 100] if quick else [10, 100, 1000])
    result["seconds"] = time.perf_counter() - began
    return result


def machine():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    load = os.getloadavg()[0]
    return {"processor": names[0] if names else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release(), "load": load, "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())}


if __name__ == "__main__":
    main()
