#!/usr/bin/env python3
"""Makes the pictures of docs/guides/observing.md from the example run: a daemon, a browser, and what it shows.

    pictures.py [--into FOLDER]

Takes about a minute. Needs chromium, numpy, and a built program (ALPHARL_TEST_PROGRAM, else .build/debug/alpharl).
"""
import argparse
import subprocess
import sys
from pathlib import Path

from beside import EXAMPLE, PROGRAM, ROOT, Beside
from chromium import Chromium
from forwarding import Forwarding

EVALUATE = ROOT / "Examples" / "addition-grpo" / "evaluate.py"
LIVE = "document.getElementById('live').className.includes('on')"


def measure(run):
    """Evaluates every prediction and posts what it scores, as a user would."""
    for prediction in run.daemon.get("/v1/predictions")["predictions"]:
        if prediction["state"] == "emitted" and prediction["format"] == "full":
            line = subprocess.run([sys.executable, EVALUATE, prediction["path"]], check=True, capture_output=True, text=True)
            accuracy = float(line.stdout.split("accuracy")[1].split()[0])
            run.daemon.post("/v1/metrics", {"prediction": prediction["id"], "accuracy": accuracy})


def take(run, into):
    with Chromium() as browser, Forwarding(run.socket) as port:
        for scheme in ("light", "dark"):
            page = browser.open(port.address, width=1360, height=900, scheme=scheme)
            page.wait(LIVE)
            still(page)
            page.send("Emulation.setDeviceMetricsOverride", width=1360, height=900, deviceScaleFactor=1, mobile=False)
            page.picture(into / f"dashboard-{scheme}.webp", form="webp")
        page = browser.open(port.address, width=1360, height=900)
        page.wait(LIVE)
        still(page)
        for name in ("confidence", "record", "accuracy"):
            page.picture(into / f"{name}.webp", f"#view-{name} .card", form="webp")
        page.run("document.getElementById('measure-skill').click()")
        page.picture(into / "map-skill.webp", "#view-map .card", form="webp")
        page.picture(into / "module.webp", "#view-module .close-up", form="webp")


def still(page):
    """Without what differs from one day to the next."""
    page.run("""document.getElementById('live').textContent = 'Live, updated 10:00:00';
        document.querySelector('.base').textContent = 'from /models/addition-grpo/base';
        for (const code of document.querySelectorAll('.place code'))
            code.textContent = code.textContent.replace(/.*predicted/, '/data/predicted');
        for (const line of document.querySelectorAll('.prediction p'))
            if (line.childElementCount === 0)
                line.textContent = line.textContent.replace(/\\d+ \\w+ \\d{4}, [0-9:]+ UTC/, '22 Nov 2026, 10:00 UTC');""")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "guides" / "pictures")
    arguments = parser.parse_args()
    arguments.into.mkdir(parents=True, exist_ok=True)
    with Beside(288) as run:
        measure(run)
        take(run, arguments.into)
    for file in sorted(arguments.into.glob("*.webp")):
        print(f"{file.name}: {file.stat().st_size >> 10} KiB")


if __name__ == "__main__":
    main()
