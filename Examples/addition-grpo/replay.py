#!/usr/bin/env python3
"""Replays the example run beside a daemon, as if a trainer were writing it, until the daemon predicts.

    replay.py RUN --into WATCHED --socket SOCKET [--status COMMAND...]

RUN is the unpacked example run. Each checkpoint is copied into WATCHED the way the Hugging Face trainer saves one:
a folder at its final name, configuration, weights, and trainer_state.json last. The next one follows when the daemon
says that the last is recorded and that it is idle again. The replay ends at the first published prediction whose
target step the run itself reaches, and judges it by what training really brought.

Exit status: 0 when the prediction is more accurate than the checkpoint it started from; 1 when it is not or none
came; 65 when it cannot be read; 69 when the daemon does not answer or a time limit (--limit) has passed.
"""
import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from daemon import Daemon, DaemonError
from judge import judged, table
from weights import WeightsError


def checkpoints(run):
    """The run's checkpoints as (step, folder), in step order."""
    folders = Path(run).glob("checkpoint-*")
    return sorted((int(folder.name.rpartition("-")[2]), folder) for folder in folders)


def save_as_trainer(source, watched):
    """Copies one checkpoint in the order in which the Hugging Face trainer writes it: trainer_state.json ends it."""
    target = Path(watched) / source.name
    target.mkdir(parents=True)
    order = {"config.json": 0, "generation_config.json": 1, "trainer_state.json": 3}
    for file in sorted(source.iterdir(), key=lambda file: (order.get(file.name, 2), file.name)):
        shutil.copyfile(file, target / file.name)


def is_idle_after(count):
    """Whether `count` checkpoints are dealt with and nothing is going on."""

    def condition(status):
        numbers = status["checkpoints"]
        done = numbers["recorded"] + numbers["rejected"] >= count and numbers["pending"] == 0
        return done and status["state"] in ("watching", "degraded")

    return condition


def line(step, status, seconds):
    """One line about one checkpoint: how long it took, and what the daemon thinks now."""
    forecast = status.get("forecast") or {}
    confidence, reason = forecast.get("confidence"), forecast.get("reason") or status.get("last_error") or ""
    number = "    -" if confidence is None else f"{confidence:5.2f}"
    clause = reason.partition(";")[0]
    return f"  step {step:>4}   recorded in {seconds:4.1f} s   confidence {number}   {clause}"


def replay(arguments):
    """Plays checkpoint after checkpoint; the first prediction for a step of the run, or None."""
    daemon = Daemon(arguments.socket, arguments.limit)
    run = checkpoints(arguments.run)
    steps = {step for step, _ in run}
    passed_over = set()
    for count, (step, folder) in enumerate(run, 1):
        began = time.monotonic()
        save_as_trainer(folder, arguments.into)
        status = daemon.wait(f"step {step} to be recorded", is_idle_after(count))
        print(line(step, status, time.monotonic() - began), flush=True)
        if status["checkpoints"]["rejected"]:
            raise DaemonError(f"step {step} was rejected: {json.dumps(status['last_error'])}; see /v1/checkpoints")
        for prediction in status["predictions"]:
            if prediction["step"] in steps and prediction["format"] == "full":
                show(arguments.status)
                return prediction
            if prediction["id"] not in passed_over:
                print(f"  predicted: step {prediction['step']}, which this run has no checkpoint of: going on")
                passed_over.add(prediction["id"])
        if count % arguments.status_every == 0:
            show(arguments.status)
    return None


def show(command):
    """Runs the status command, set apart by blank lines; a failing one is the daemon's failure."""
    if command:
        print(flush=True)
        if subprocess.run(command, check=False).returncode != 0:
            raise DaemonError(f"{' '.join(command)}: failed: see above")
        print(flush=True)


def main():
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--into", required=True, metavar="WATCHED", help="the folder that the daemon watches")
    parser.add_argument("--socket", required=True)
    parser.add_argument("--limit", type=float, default=300, help="seconds for the whole replay (300)")
    parser.add_argument("--status-every", type=int, default=4, metavar="N", help="show the status every N checkpoints")
    parser.add_argument("--status", nargs=argparse.REMAINDER, default=[], help="the command that shows it")
    arguments = parser.parse_args()
    try:
        prediction = replay(arguments)
    except DaemonError as error:
        print(f"replay.py: {error}", file=sys.stderr)
        sys.exit(69)
    if prediction is None:
        print("replay.py: the run ended and nothing was predicted: the last lines above say why", file=sys.stderr)
        sys.exit(1)
    print(f"  predicted checkpoint: {prediction['path']}\n")
    try:
        result = judged(arguments.run, prediction["from_step"], prediction["step"], prediction["path"])
    except (OSError, KeyError, ValueError, WeightsError) as error:
        print(f"replay.py: {prediction['path']}: cannot be judged: {error}", file=sys.stderr)
        sys.exit(65)
    print(table(result))
    if result["predicted"] <= result["start"]:
        print("replay.py: the prediction is no better than the checkpoint it started from", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
