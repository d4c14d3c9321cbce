#!/usr/bin/env python3
"""Writes docs/evidence.md and its pictures from results.json.

    report.py [--results Tests/Evidence/results.json] [--out docs]
"""
import argparse
import json
from pathlib import Path

import asked
import findings
import pictures
from findings import HORIZONS, MODELS, WINDOWS

HERE = Path(__file__).resolve().parent
BINS = ((0, 0, "0"), (0, 0.25, "above 0 to .25"), (0.25, 0.5, ".25 to .5"), (0.5, 0.75, ".5 to .75"), (0.75, 1, ".75 to 1"))


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]) + "\n"


def figure(value):
    return f"{value:.3f}".removeprefix("0")


def curve_bins(runs):
    """Forecasts of `auto` of all runs by the confidence they were given; the threshold belongs to the upper bin."""
    forecasts = [found for run in runs for found in run.of()]
    bins = []
    for low, high, label in BINS:
        held = [found for found in forecasts
                if (found.confidence == 0 if high == 0 else found.confidence > 0 and low <= found.confidence)
                and (found.confidence < high or high in (0, 1))]
        if held:
            count = len(held)
            bins.append({
                "label": label, "count": count, "better": sum(found.gain > 0 for found in held) / count,
                "same": sum(found.gain == 0 for found in held) / count,
                "harmless": sum(found.is_harmless for found in held) / count,
                "gain": sum(found.gain for found in held) / count})
    return bins


def curve_text(bins):
    rows = [(entry["label"], entry["count"], f"{entry['better']:.0%}", f"{entry['same']:.0%}",
             f"{entry['harmless']:.0%}", f"{entry['gain']:+.3f}") for entry in bins]
    return table(("confidence", "forecasts", "better than the last checkpoint", "the last checkpoint itself", "harmless",
                  "mean gain in accuracy"), rows)


def emissions_text(runs):
    rows = []
    for run in runs:
        if not run.emitted:
            rows.append((run.name, "none", "", "", "", "", ""))
        for found in run.emitted:
            rows.append((run.name, f"{found.until} ({found.until / run.end:.0%})", found.target,
                         f"{found.confidence:.2f}", figure(found.start), figure(found.accuracy), figure(found.truth)))
    return table(("run", "emitted at step", "predicts step", "confidence", "accuracy of the last checkpoint",
                  "of the prediction", "of the true checkpoint"), rows)


def share(run, model, window, horizon):
    found = run.of(model, horizon, (window,))
    return found[0].share if found else None


def means_text(runs):
    """Mean share of the true accuracy over runs and windows from 20% on, only where every model was asked."""
    rows = []
    for kinds in sorted({run.kind for run in runs}):
        for horizon in (*HORIZONS, "end"):
            cases = [(run, window) for run in runs if run.kind == kinds for window in WINDOWS[1:]
                     if all(share(run, model, window, horizon) is not None for model in ("auto", *MODELS))]
            if cases:
                means = [sum(share(run, model, window, horizon) for run, window in cases) / len(cases)
                         for model in ("last", "auto", *MODELS[1:])]
                rows.append((kinds, "end" if horizon == "end" else f"{horizon}x", len(cases), *map(figure, means)))
    return table(("kind of run", "predicting", "cases", "last", "**auto**", *MODELS[1:]), rows)


MODELS_PAGE = """# Every model on every run

Share of the true accuracy that each model's prediction has, run by run; *from* is the window. `last` keeps the last
checkpoint, `auto` is the program's default, the others are the published models and their relatives (names as in
`alpharl predict --model`). Made by `Tests/Evidence` as [the evidence](../evidence.md) is.

{table}"""


def models_page(runs):
    rows = []
    for run in runs:
        for horizon in (*HORIZONS, "end"):
            for window in WINDOWS:
                shares = [share(run, model, window, horizon) for model in ("last", "auto", *MODELS[1:])]
                if any(value is not None for value in shares[2:]):
                    rows.append((run.name, f"{window:.0%}", "end" if horizon == "end" else f"{horizon}x",
                                 *("-" if value is None else figure(value) for value in shares)))
    return MODELS_PAGE.format(table=table(("run", "from", "predicting", "last", "**auto**", *MODELS[1:]), rows))


def run_text(run):
    """The forecasts of one run: rows are windows, columns horizons."""
    rows = []
    for window in WINDOWS:
        found = {horizon: entry for entry in run.of(windows=(window,)) for horizon in entry.horizons}
        if not found:
            continue
        some = next(iter(found.values()))
        rows.append((f"{window:.0%}", some.until, figure(some.start),
                     *(cell(found.get(horizon)) for horizon in (*HORIZONS, "end"))))
    head = ("window", "last step", "its accuracy", *(f"{horizon}x" for horizon in HORIZONS), f"end ({run.end})")
    return table(head, rows)


def strict_text(runs):
    """The same harmlessness against a harder start: the float32 weights that were rounded to the checkpoint."""
    found = [entry for run in runs for entry in run.of() if entry.until in run.in_training and entry.window > 0.1]
    harmless = [entry for entry in found if entry.accuracy >= entry.run.in_training[entry.until] - findings.TOLERANCE]
    return (f"Held against the accuracy that the trainer measured on its float32 weights, before they were rounded to the "
            f"checkpoint's bfloat16, {len(harmless)} of {len(found)} forecasts from 20% on are harmless.")


def cell(found):
    if found is None:
        return ""
    text = f"{figure(found.accuracy)} of {figure(found.truth)}, {found.confidence:.2f}"
    harm = "" if found.is_harmless else " **harmful**"
    return (f"**{text}**" if found.proven else text) + harm


PAGE = """# Evidence

Does a predicted checkpoint do what a later checkpoint would have done? This page is made by `Tests/Evidence` from
{runs} real training runs: `alpharl predict` writes the weights, and their accuracy is measured as any other model's,
exactly, on held-out prompts. Nothing is re-implemented, nothing is left out: `Tests/Evidence/results.json` has every
figure. How the runs are made, and how to make this page again: [Tests/Evidence](../Tests/Evidence/README.md).

A *window* is the share of the run's steps that the program was shown; its *last step* is the newest checkpoint in it. A
prediction is *better* when it is more accurate than that checkpoint, and *harmless* when it is not more than .02 below
it. Accuracies are those of the files as they lie there, between two checkpoints on the line from one to the other.

## What was asked, and what was reached

{short}

{asked}
{strict}

### On runs that were made to judge

The constants of the program (`Damping`, `Drift`, `ConfidenceSettings`) were chosen on the other runs. {held_count} runs were made
to be judged alone: {held_names}. They are not untouched by now. Supervised-sorting was emitted from, as supervised-slow was, before
supervised training was told from the trainer's log (docs/decisions/0029); and while the largest movement of steady runs was
chosen on the two sorting runs (0008), the figures of sorting-seed5 and addition-seed23 were looked at. Before both changes these
two reached the final step to .815 .901 .951 .972 and .859 .908 .943 .951. The same points, on the five, with the program as it is:

{held}
## Can the confidence be believed?

Every forecast of `auto` on every run, all windows and horizons, grouped by the confidence that the program gave it. At
default settings it emits at {threshold} and more, two checkpoints in a row, and writes the others only with `--force`.

![Share of forecasts that beat the last checkpoint, by confidence](evidence/confidence.svg)

{curve}
{same}

## What the daemon emitted

`alpharl serve --once` over each run, default settings (only `emit.keep` is raised, so that all of them are left to be
evaluated).

{emissions}
## Run by run

In the pictures the black line is what training reached. From each window (square) a dashed line leads through what the
program predicted from there; full circles are proven by the run's own past, hollow ones were written with `--force`.
Green arrows are what the daemon emitted. In the tables: accuracy of the prediction, *of* the true one at that step, and
the confidence; **bold** where the program would have given the prediction without `--force`.

{each}## The models

Mean share of the true accuracy that each model's prediction has, over the runs of a kind and the windows from 20% on. `auto`
chooses between `last` and `damped`; the others are the published ones and their relatives, for comparison (names as in
`alpharl predict --model`). Every window of every run: [Every model on every run](evidence/models.md).

{models}

### RELEX on full deltas and on rank-1 parts

RELEX as published takes the direction that the *full* updates share; the program keeps rank-1 factors, and its `relex` takes the
direction that the *rank-1 parts* share. They are two different predictions. `Tests/Evidence/relex.py` makes both on the same
checkpoints: the distance of the predicted updates relative to the published one, their cosine, the norm of ours as a
share of the published one's, and the accuracy of both.

{relex}
"""


def asked_text(results):
    order = sorted(results, key=lambda result: result.is_met)
    rows = [("met" if result.is_met else "**short**", result.asked, result.reached) for result in order]
    return table(("", "asked", "reached"), rows)


def relex_text(path):
    rows = []
    for name, found in json.loads(path.read_text()).items():
        rows += [(name, row["until"], row["target"], *(f"{row[key]:.2f}" for key in ("distance", "cosine", "norm_ratio")),
                  *(figure(row["accuracy_" + key]) for key in ("last", "full", "parts"))) for row in found]
    return table(("run", "last step", "predicts", "distance", "cosine", "norm", "accuracy of the last checkpoint",
                  "of RELEX on full deltas", "of `relex` on rank-1 parts"), rows)


def page(runs, out):
    bins = curve_bins(runs)
    results = asked.everything(runs)
    missed = [result for result in results if not result.is_met]
    short = ("Everything that was asked was reached." if not missed
             else f"{len(missed)} of {len(results)} points fall short; they stand first.")
    same = sum(round(entry["same"] * entry["count"]) for entry in bins)
    held = [run for run in runs if run.held_out]
    sections = []
    for run in runs:
        note = f" {run.note}" if run.note else ""
        sections += [f"### {run.name}\n\n{run.title}. Kind: {run.kind}.{note}\n\n![{run.title}](evidence/{run.name}.svg)\n",
                     run_text(run)]
    (out / "evidence.md").write_text(PAGE.format(
        runs=len(runs), short=short, asked=asked_text(results), held=asked_text(asked.everything(held)),
        held_count=len(held), held_names=", ".join(run.name for run in held), strict=strict_text(runs), curve=curve_text(bins), threshold=".5",
        same=f"{same} of them are the last checkpoint itself, bit for bit: with no evidence nothing is moved.",
        emissions=emissions_text(runs), each="\n".join(sections) + "\n", models=means_text(runs),
        relex=relex_text(HERE / "relex.json")).rstrip() + "\n")
    (out / "evidence").mkdir(exist_ok=True)
    (out / "evidence" / "models.md").write_text(models_page(runs).rstrip() + "\n")
    for run in runs:
        pictures.picture(run, out / "evidence" / f"{run.name}.svg")
    pictures.curve(bins, out / "evidence" / "confidence.svg")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=HERE / "results.json")
    parser.add_argument("--out", type=Path, default=HERE.parents[1] / "docs")
    arguments = parser.parse_args()
    page(findings.read(arguments.results), arguments.out)


if __name__ == "__main__":
    main()
