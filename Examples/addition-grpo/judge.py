#!/usr/bin/env python3
"""How good a predicted checkpoint of the addition run is: its accuracy and its weights against the truth.

    judge.py RUN --from-step N --step T --predicted DIR [--json]

RUN is the unpacked example run, which went on to step T: its checkpoint-T is the truth, checkpoint-N is where the
prediction was made. Exit status: 0 when the predicted model is more accurate than the one it started from, 1 when not.
"""
import argparse
import json
import sys
from pathlib import Path

from evaluate import accuracies
from weights import distance, read_folder


def judged(run, from_step, step, predicted):
    """Accuracies of start, prediction and truth; distances to the truth; shares of the way that were covered."""
    start, truth = Path(run) / f"checkpoint-{from_step}", Path(run) / f"checkpoint-{step}"
    weights = {"start": read_folder(start), "predicted": read_folder(predicted), "truth": read_folder(truth)}
    result = {name: accuracies(folder)["accuracy"]
              for name, folder in (("start", start), ("predicted", predicted), ("truth", truth))}
    gain = result["truth"] - result["start"]
    result["share_of_gain"] = (result["predicted"] - result["start"]) / gain if gain else None
    way = distance(weights["start"], weights["truth"])
    result["relative_distance"] = distance(weights["predicted"], weights["truth"]) / way if way else None
    result["from_step"], result["step"] = from_step, step
    return result


def table(result):
    """What a person wants to read of `judged`."""
    rows = [("it started from", f"checkpoint-{result['from_step']}", result["start"], 1.0),
            ("predicted", f"for step {result['step']}", result["predicted"], result["relative_distance"]),
            ("the truth", f"checkpoint-{result['step']}", result["truth"], 0.0)]
    lines = [f"  {'':16}{'':16}{'accuracy':>10}{'distance of the weights to the truth':>40}"]
    lines += [f"  {who:16}{what:16}{accuracy:>10.3f}{far:>40.2f}" for who, what, accuracy, far in rows]
    saved = result["step"] - result["from_step"]
    if result["share_of_gain"] is not None:
        share = f"{result['share_of_gain']:.0%}"
        lines += ["", f"  The prediction has {share} of what {saved} more steps of training brought."]
    return "\n".join(lines)


def main():
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--from-step", type=int, required=True, metavar="N")
    parser.add_argument("--step", type=int, required=True, metavar="T")
    parser.add_argument("--predicted", required=True, metavar="DIR")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = judged(arguments.run, arguments.from_step, arguments.step, arguments.predicted)
    print(json.dumps(result) if arguments.json else table(result))
    sys.exit(0 if result["predicted"] > result["start"] else 1)


if __name__ == "__main__":
    main()
