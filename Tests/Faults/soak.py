"""A daemon in real time: it follows a run, answers clients, and its descriptors and memory are written down each minute.

    python3 soak.py PROGRAM --minutes 60 [--every 20] [--folder PLACE]

A checkpoint every 20 s of which the trainer keeps three, the run set back every 10 minutes, each minute four clients that
come, ask for everything and go. Prints one JSON object a minute: minutes, descriptors, threads, resident and private memory
in kB, processor seconds, bytes of the store, and what the status says. Status 1 when the daemon ends before it is told to,
or is not watching at the end. Nothing but the standard library.
"""

import argparse
import array
import json
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

SHAPES = {"model.layers.0.self_attn.q_proj.weight": (48, 32), "model.layers.0.mlp.up_proj.weight": (32, 48)}
QUESTIONS = ["status", "checkpoints", "history", "predictions", "modules", "forecasts"]


class Run:
    """Two matrices that move in a straight line with a little noise; checkpoints in Hugging Face form."""

    def __init__(self, place):
        self.base, self.watched = place / "base", place / "watched"
        seeded = random.Random(11)
        self.start = {n: [seeded.gauss(0, 0.1) for _ in range(r * c)] for n, (r, c) in SHAPES.items()}
        self.directions = {}
        for name, (rows, columns) in SHAPES.items():
            left = [seeded.gauss(0, 1) for _ in range(rows)]
            right = [seeded.gauss(0, 1) for _ in range(columns)]
            norm = sum(x * x for x in left) ** 0.5 * sum(x * x for x in right) ** 0.5
            self.directions[name] = [a * b / norm for a in left for b in right]
        self.write(self.base, 0, 0)
        self.watched.mkdir()

    def write(self, folder, step, content):
        """The weights first, trainer_state.json last, as the Trainer does."""
        noise, header, data, offset = random.Random(content + 100), {}, b"", 0
        for name, shape in SHAPES.items():
            scale = 1e-5 if step else 0
            values = array.array("f", (
                w + content * 1e-3 * d + scale * noise.gauss(0, 1)
                for w, d in zip(self.start[name], self.directions[name])))
            piece = values.tobytes()
            header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + len(piece)]}
            data, offset = data + piece, offset + len(piece)
        text = json.dumps(header).encode()
        folder.mkdir(exist_ok=True)
        (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
        (folder / "config.json").write_text('{"architectures": ["Qwen2ForCausalLM"], "dtype": "float32"}\n')
        if step:
            (folder / "trainer_state.json").write_text(json.dumps({"global_step": step, "log_history": []}))

    def folder(self, step):
        return self.watched / f"checkpoint-{step}"


def ask(path, question):
    """One answer on a connection of its own."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(path)
        client.sendall(f"GET /v1/{question} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: client.recv(1 << 16), b""))
    head, body = answer.split(b"\r\n\r\n", 1)
    if b" 200 " not in head.split(b"\r\n")[0] + b" ":
        raise SystemExit(f"/v1/{question} answered {head.splitlines()[0]!r}")
    return json.loads(body)


def facts(process, store):
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines())
    times = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return {
        "descriptors": len(os.listdir(f"/proc/{process}/fd")), "threads": int(status["Threads"]),
        "resident": int(status["VmRSS"].split()[0]), "private": int(status["RssAnon"].split()[0]),
        "cpu": (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"),
        "store": sum(p.stat().st_size for p in store.parent.glob(store.name + "*")),
    }


def configure(place, run):
    path = place / "run.toml"
    path.write_text(
        f'[run]\nname = "soak"\nwatch = "{run.watched}"\nbase = "{run.base}"\n'
        f'[emit]\ndirectory = "{place}/emitted"\nkeep = 2\n[store]\npath = "{place}/store.sqlite"\n'
        f'[socket]\npath = "{place}/run.sock"\n[resources]\nthreads = 1\n')
    return path


def soak(options, place, run, daemon):
    began, number, saves, rewinds, minute = time.monotonic(), 0, 0, 0, 0
    until = began + options.minutes * 60
    following = began
    while following < until:
        time.sleep(max(0, following - time.monotonic()))
        if daemon.poll() is not None:
            raise SystemExit(f"the daemon ended by itself: {daemon.returncode}")
        number, saves = number + 1, saves + 1
        if saves % max(4, int(600 / options.every)) == 0:
            # The trainer starts again from two saves ago, with other data.
            for back in (number - 1, number - 2):
                shutil.rmtree(run.folder(back * 10))
            number, rewinds = number - 2, rewinds + 1
        run.write(run.folder(number * 10), number * 10, number * 10 + rewinds)
        shutil.rmtree(run.folder((number - 3) * 10), ignore_errors=True)
        following += options.every
        if (time.monotonic() - began) / 60 >= minute:
            for _ in range(4):
                answers = {question: ask(str(place / "run.sock"), question) for question in QUESTIONS}
            status = answers["status"]
            print(json.dumps({
                "minutes": minute, **facts(daemon.pid, place / "store.sqlite"), "state": status["state"],
                "recorded": status["checkpoints"]["recorded"], "rewinds": rewinds,
                "predictions": len(answers["predictions"]["predictions"])}), flush=True)
            minute += 1
    if status["state"] != "watching":
        raise SystemExit(f"at the end it is {status['state']}: {status.get('last_error')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=20, help="seconds between two checkpoints")
    parser.add_argument("--folder", help="an empty folder; a temporary one unless given")
    options = parser.parse_args()
    place = pathlib.Path(options.folder or tempfile.mkdtemp(prefix="alpharl-soak-"))
    run = Run(place)
    path = configure(place, run)
    with open(place / "log", "w") as log:
        daemon = subprocess.Popen([options.program, "serve", "--config", path], stderr=log)
        try:
            while not (place / "run.sock").exists() and daemon.poll() is None:
                time.sleep(0.1)
            soak(options, place, run, daemon)
        finally:
            daemon.terminate()
            ended = daemon.wait(60)
    if ended:
        raise SystemExit(f"asked to end, the daemon ended with {ended}")
    if not options.folder:
        shutil.rmtree(place)


if __name__ == "__main__":
    sys.exit(main())
