#!/usr/bin/env python3
"""How good a predicted checkpoint of the addition run is: its accuracy and its weights against the truth.

    judge.py RUN --from-step N --step T --predicted DIR [--json]

RUN is the unpacked example run, which went on to step T: its checkpoint-T is the truth, checkpoint-N is where the
prediction was made. The distance of the weights to the truth is given along the leading singular direction of each
matrix's true movement, and in all directions; the latter is mostly rounding to bfloat16 and movement that nobody claims
to predict, so that a more accurate model may well be no nearer in that norm.

Exit status: 0 when the predicted model is more accurate than the one it started from, 1 when not; 65 when a folder
cannot be read.
"""
import argparse
import json
import sys
from pathlib import Path

from evaluate import accuracies
from weights import WeightsError, read_folder, relative_distances


def judged(run, from_step, step, predicted):
    """Accuracies of start, prediction and truth; distances to the truth; shares of the way that were covered."""
    start, truth = Path(run) / f"checkpoint-{from_step}", Path(run) / f"checkpoint-{step}"
    weights = {"start": read_folder(start), "predicted": read_folder(predicted), "truth": read_folder(truth)}
    result = {name: accuracies(folder)["accuracy"]
              for name, folder in (("start", start), ("predicted", predicted), ("truth", truth))}
    gain = result["truth"] - result["start"]
    result["share_of_gain"] = (result["predicted"] - result["start"]) / gain if gain else None
    result["leading_distance"], result["distance"] = relative_distances(
        weights["predicted"], weights["start"], weights["truth"])
    result["from_step"], result["step"] = from_step, step
    return result


def table(result):
    """What a person wants to read of `judged`."""
    rows = [("it started from", f"checkpoint-{result['from_step']}", "start", 1.0, 1.0),
            ("predicted", f"for step {result['step']}", "predicted", result["leading_distance"], result["distance"]),
            ("the truth", f"checkpoint-{result['step']}", "truth", 0.0, 0.0)]
    lines = [f"  {'':32}{'':>10}      distance of the weights to the truth",
             f"  {'':32}{'accuracy':>10}{'leading direction':>23}{'all directions':>19}"]
    lines += [f"  {who:16}{what:16}{result[key]:>10.3f}{leading:>23.2f}{everywhere:>19.2f}"
              for who, what, key, leading, everywhere in rows]
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
    try:
        result = judged(arguments.run, arguments.from_step, arguments.step, arguments.predicted)
    except (OSError, KeyError, ValueError, WeightsError) as error:
        print(f"judge.py: {error}", file=sys.stderr)
        sys.exit(65)
    print(json.dumps(result) if arguments.json else table(result))
    sys.exit(0 if result["predicted"] > result["start"] else 1)


if __name__ == "__main__":
    main()
