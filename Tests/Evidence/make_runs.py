#!/usr/bin/env python3
"""Makes the runs of runs.json: trains them, or unpacks the one that the repository holds.

    make_runs.py --out FOLDER [--work FOLDER] [NAME...]

Without names every run is made in the order of runs.json, later ones from what earlier ones left in --work. Runs that
are there already are left alone. On one idle core the small runs take 5 to 10 minutes each; the language model takes 20
minutes on two and 17 GB. Another processor or another version of torch gives slightly other runs.
"""
import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXAMPLE = ROOT / "Examples/addition-grpo"


def unpack(entry, out):
    """The run that the repository holds: its archive's one folder is named as the run is."""
    subprocess.run(["tar", "-xJf", str(ROOT / entry["archive"]), "-C", str(out)], check=True)


def make(entry, out, work):
    places = {"python": sys.executable, "here": str(HERE), "example": str(EXAMPLE), "out": str(out), "work": str(work)}
    for line in entry["make"]:
        command = [word.format(**places) for word in shlex.split(line)]
        print("+", shlex.join(command), flush=True)
        subprocess.run(command, check=True)


def main():
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--work", type=Path, help="scratch, kept: FOLDER/work when not given")
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    work = (arguments.work or out / "work").resolve()
    for folder in (out, work):
        folder.mkdir(parents=True, exist_ok=True)
    for entry in json.loads((HERE / "runs.json").read_text())["runs"]:
        wanted = not arguments.names or entry["name"] in arguments.names
        if not wanted or (out / entry.get("folder", entry["name"])).exists():
            continue
        if "archive" in entry:
            unpack(entry, out)
        make(entry, out, work)


if __name__ == "__main__":
    main()
