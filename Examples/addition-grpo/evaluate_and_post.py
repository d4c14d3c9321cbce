#!/usr/bin/env python3
"""Evaluates a prediction of the addition run and the checkpoint that it started from, and tells the daemon both.

    evaluate_and_post.py PATH --prediction ID [--socket SOCKET]

For emit.on_emit: on_emit = ["python3", ".../evaluate_and_post.py", "{path}", "--prediction", "{id}"]. The daemon sets
$ALPHARL_SOCKET for its commands. Both are measured here, by the same script, so that they can be compared: what a trainer
logs is often measured otherwise (other prompts, other rounding). A start that the trainer has deleted is left out, and
its logged accuracy counts. Replace `accuracies` by your own evaluation and the rest fits any run.

Exit status: 0; 65 when a folder cannot be evaluated; 69 when the daemon does not answer.
"""
import argparse
import os
import sys

from daemon import Daemon, DaemonError
from evaluate import accuracies
from weights import WeightsError


def start_of(daemon, prediction):
    """The checkpoint that prediction number `prediction` started from, as /v1/checkpoints has it; None if unknown."""
    step = daemon.get(f"/v1/predictions/{prediction}")["from_step"]
    recorded = [row for row in daemon.get("/v1/checkpoints")["checkpoints"] if row["state"] == "recorded"]
    return next((row for row in recorded if row["step"] == step), None)


def measured(daemon, path, prediction):
    """The posts for /v1/metrics: the start's accuracy, where its folder is still there, and the prediction's."""
    posts = []
    start = start_of(daemon, prediction)
    if start is not None and os.path.isdir(start["path"]):
        posts.append({"step": start["step"], "accuracy": accuracies(start["path"])["accuracy"]})
    return posts + [{"prediction": prediction, "accuracy": accuracies(path)["accuracy"]}]


def main():
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", metavar="PATH", help="the predicted checkpoint, a full one")
    parser.add_argument("--prediction", type=int, required=True, metavar="ID")
    parser.add_argument("--socket", default=os.environ.get("ALPHARL_SOCKET"), help="default: $ALPHARL_SOCKET")
    arguments = parser.parse_args()
    if not arguments.socket:
        parser.error("--socket is not given and $ALPHARL_SOCKET is not set")
    daemon = Daemon(arguments.socket, limit=60)
    try:
        posts = measured(daemon, arguments.path, arguments.prediction)
        daemon.post("/v1/metrics", posts)
    except DaemonError as error:
        print(f"evaluate_and_post.py: {error}", file=sys.stderr)
        sys.exit(69)
    except (OSError, KeyError, ValueError, WeightsError) as error:
        print(f"evaluate_and_post.py: {arguments.path}: cannot be evaluated: {error}", file=sys.stderr)
        sys.exit(65)
    for post in posts:
        what = f"prediction {post['prediction']}" if "prediction" in post else f"step {post['step']}"
        print(f"{what}: accuracy {post['accuracy']:.4f}")


if __name__ == "__main__":
    main()
