#!/usr/bin/env python3
"""Predicts every run of runs.json with `alpharl`, evaluates the predicted weights, and collects what came out.

    evidence.py --alpharl .build/release/alpharl --runs FOLDER --out Tests/Evidence/results.json [NAME...]

FOLDER holds the runs as make_runs.py lays them out; NAME... chooses some of them. For each run the accuracy of every
checkpoint is measured; then, at windows of 10 to 50% of its steps, `alpharl predict --until-step N --target-step T
--force` writes predictions at 1.25, 1.5, 2 and 2.5 times the last step and at the run's end, and their weights are
evaluated as any other model's; at last `alpharl serve --once` reads the run as a daemon would have, with default
settings, and what it emitted is evaluated. One process at a time. What results.json holds already is not done again,
unless --afresh.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import evaluate
from findings import HORIZONS, MODELS, WINDOWS

HERE = Path(__file__).resolve().parent


class Run:
    """One run's folders, its checkpoints, and their accuracies."""

    def __init__(self, entry, runs):
        self.name, self.entry = entry["name"], entry
        # Resolved: a folder of symbolic links is as good as a folder of runs.
        self.folder = (runs / entry.get("folder", entry["name"])).resolve()
        self.base = (runs / entry["base"]).resolve() if "base" in entry else self.folder / "base"
        self.checkpoints = {int(path.name.rpartition("-")[2]): path for path in self.folder.glob("checkpoint-*")}
        self.steps = sorted(self.checkpoints)
        self.end = self.steps[-1]
        self.judge = evaluate.Judge(entry["task"], self.base)
        self.measured = {}

    def accuracy_of(self, document):
        """Of a prediction just written; forecasts with the same bytes are evaluated once."""
        content = tuple(sorted(file["sha256"] for file in document["files"] if file["name"].endswith(".safetensors")))
        if content not in self.measured:
            self.measured[content] = round(self.judge.accuracy(document["path"]), 6)
        return self.measured[content]

    def windows(self):
        """The last checkpoint that was there at each share of the steps, for each that has one."""
        for share in WINDOWS:
            past = [step for step in self.steps if step <= share * self.end]
            if past:
                yield share, past[-1]

    def targets(self, step):
        """{target step: the horizons that mean it}, up to the run's end."""
        targets = {}
        for horizon in HORIZONS:
            target = round(horizon * step)
            if step < target <= self.end:
                targets.setdefault(target, []).append(horizon)
        targets.setdefault(self.end, []).append("end")
        return targets


class Collection:
    """What was found of one run, written after every measurement."""

    def __init__(self, path, name, afresh):
        self.path = path
        self.all = json.loads(path.read_text()) if path.exists() else {}
        if afresh:
            self.all.pop(name, None)
        self.run = self.all.setdefault(name, {"accuracies": {}, "forecasts": [], "emitted": None})

    def write(self):
        temporary = self.path.with_suffix(".part")
        temporary.write_text(json.dumps(self.all, indent=0, sort_keys=True) + "\n")
        temporary.replace(self.path)

    def has(self, until, target, model):
        keys = ("until", "target", "model")
        return any([found[key] for key in keys] == [until, target, model] for found in self.run["forecasts"])


def measure_checkpoints(run, collection):
    """The accuracy of every checkpoint's file; step 0 is the base. Runs that are said to be equal are measured once."""
    equal = collection.all.get(run.entry.get("computes_like"), {}).get("accuracies", {})
    collection.run["accuracies"] = {**equal, **collection.run["accuracies"]}
    trained = run.folder / "accuracy.jsonl"
    rows = list(map(json.loads, trained.read_text().splitlines())) if trained.exists() else []
    if rows and (run.checkpoints[run.steps[0]] / "adapter_config.json").exists():
        # Adapters are stored as they are trained: their accuracy is what the trainer measured.
        collection.run["accuracies"] = {str(row["step"]): round(row["accuracy"], 6) for row in rows}
    for step, folder in [(0, run.base), *((step, run.checkpoints[step]) for step in run.steps)]:
        if str(step) not in collection.run["accuracies"]:
            collection.run["accuracies"][str(step)] = round(run.judge.accuracy(folder), 6)
            collection.write()
    if rows:
        collection.run["accuracies_in_training"] = {str(row["step"]): round(row["accuracy"], 6) for row in rows}
    collection.write()


def asked(run, models):
    """(window, until, target, horizons, model), the windows rising so that one store serves them all.

    Every model is asked what `auto` is; where evaluation is slow the run names the windows (`compare`), and there for 2x
    and the end.
    """
    windows = run.entry.get("compare")
    for window, until in run.windows():
        for target, horizons in run.targets(until).items():
            yield window, until, target, horizons, "auto"
            compared = windows is None or window in windows and (2 in horizons or "end" in horizons)
            for model in models if compared else ():
                yield window, until, target, horizons, model


def predict(alpharl, run, until, target, model, store, out):
    """The document that `alpharl predict --json` printed, or why there is none."""
    command = [alpharl, "predict", run.folder, "--base", run.base, "--out", out, "--until-step", until, "--target-step",
               target, "--model", model, "--store", store, "--force", "--json"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None, done.stderr.strip() or f"exit status {done.returncode}"
    return json.loads(done.stdout)["predictions"][0], None


def measure_forecasts(alpharl, run, models, collection, work):
    store = work / "store.sqlite"
    for window, until, target, horizons, model in asked(run, models):
        if collection.has(until, target, model):
            continue
        with tempfile.TemporaryDirectory(dir=work) as out:
            document, refusal = predict(alpharl, run, until, target, model, store, out)
            row = {"window": window, "until": until, "target": target, "horizons": horizons, "model": model}
            if document is None:
                row["refused"] = refusal
            else:
                row |= {"chosen": document["model"], "confidence": round(document["confidence"] or 0, 4),
                        "proven": not document["forced"], "accuracy": run.accuracy_of(document)}
        collection.run["forecasts"].append(row)
        collection.write()
        print(run.name, *(f"{key} {value}" for key, value in row.items()), flush=True)


def measure_emissions(alpharl, run, collection, work):
    """What the daemon would have emitted with default settings; older predictions are kept, to be evaluated."""
    if collection.run["emitted"] is not None:
        return
    folder = work / "served"
    (folder / "predicted").mkdir(parents=True)
    text = {"run": {"name": "evidence", "watch": run.folder, "base": run.base},
            "emit": {"directory": folder / "predicted"}, "store": {"path": folder / "store.sqlite"},
            "socket": {"path": folder / "evidence.sock"}}
    lines = [f"[{section}]\n" + "".join(f'{key} = "{value}"\n' for key, value in keys.items())
             for section, keys in text.items()]
    (folder / "evidence.toml").write_text("".join(lines).replace("[emit]\n", "[emit]\nkeep = 1000\n"))
    command = [str(alpharl), "serve", "--once", "--config", str(folder / "evidence.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"evidence.py: {run.name}: serve --once failed: {done.stderr.strip()}")
    emitted = []
    for manifest in sorted((folder / "predicted").glob("step-*/alpharl.json")):
        written = json.loads(manifest.read_text())
        emitted.append({"until": written["from_step"], "target": written["target_step"], "model": written["model"],
                        "confidence": round(written["confidence"], 4),
                        "accuracy": round(run.judge.accuracy(manifest.parent), 6)})
    collection.run["emitted"] = emitted
    collection.write()
    print(run.name, "emitted", [(row["until"], row["target"], row["accuracy"]) for row in emitted], flush=True)


def main():
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", help="runs of runs.json; none: all that FOLDER holds")
    parser.add_argument("--alpharl", required=True, type=Path)
    parser.add_argument("--runs", required=True, type=Path)
    parser.add_argument("--out", type=Path, default=HERE / "results.json")
    parser.add_argument("--models", default=",".join(MODELS), help="besides auto")
    parser.add_argument("--work", type=Path, help="where stores and predictions are written meanwhile")
    parser.add_argument("--afresh", action="store_true", help="measure again what the results hold")
    arguments = parser.parse_args()
    models = [model for model in arguments.models.split(",") if model]
    entries = json.loads((HERE / "runs.json").read_text())["runs"]
    unknown = set(arguments.names) - {entry["name"] for entry in entries}
    if unknown:
        parser.error(f"not in runs.json: {', '.join(sorted(unknown))}")
    for entry in entries:
        wanted = entry["name"] in arguments.names if arguments.names else True
        if not wanted or not (arguments.runs / entry.get("folder", entry["name"])).exists():
            continue
        run = Run(entry, arguments.runs)
        collection = Collection(arguments.out, run.name, arguments.afresh)
        measure_checkpoints(run, collection)
        with tempfile.TemporaryDirectory(dir=arguments.work) as work:
            measure_emissions(arguments.alpharl.resolve(), run, collection, Path(work))
            measure_forecasts(arguments.alpharl.resolve(), run, models, collection, Path(work))


if __name__ == "__main__":
    main()
