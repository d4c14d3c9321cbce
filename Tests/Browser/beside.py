"""A daemon beside the example run, in a folder of its own."""
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Examples" / "addition-grpo"))

from daemon import Daemon, DaemonError
from replay import is_idle_after, save_as_trainer

PROGRAM = os.environ.get("ALPHARL_TEST_PROGRAM", str(ROOT / ".build/debug/alpharl"))
EXAMPLE = Path(os.environ.get("ALPHARL_TEST_EXAMPLE", ROOT / ".build/example-run/addition-grpo"))


class Beside:
    """Starts a daemon on a copy of the example run with the checkpoints up to `step`; gone when the block ends."""

    def __init__(self, step, name="addition-grpo", base=None, store=None):
        self.place = Path(tempfile.mkdtemp(prefix="alpharl-page-", dir="/tmp"))
        self.watched = self.place / "checkpoints"
        self.watched.mkdir()
        self.store = self.place / "store.sqlite"
        if store:
            shutil.copyfile(store, self.store)
        self.socket = str(self.place / "run.sock")
        self.configuration = self.place / "run.toml"
        self.configuration.write_text(
            f'[run]\nname = "{name}"\nwatch = "{self.watched}"\nbase = "{base or EXAMPLE / "base"}"\n'
            f'[emit]\ndirectory = "{self.place / "predicted"}"\n[store]\npath = "{self.store}"\n'
            f'[socket]\npath = "{self.socket}"\n')
        self.steps = sorted(int(folder.name.rpartition("-")[2]) for folder in EXAMPLE.glob("checkpoint-*"))
        self.count = 0
        self.process = None
        try:
            self.start()
            for at in self.steps:
                if at <= step:
                    self.add(at)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            self.stop()
        shutil.rmtree(self.place, ignore_errors=True)

    @property
    def daemon(self):
        return Daemon(self.socket, 120)

    def start(self):
        log = open(self.place / "daemon.log", "ab")
        self.process = subprocess.Popen([PROGRAM, "serve", "--config", str(self.configuration)], stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + 60
        while True:
            try:
                self.daemon.get("/readyz")
                return
            except DaemonError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise DaemonError(f"the daemon is not ready: {(self.place / 'daemon.log').read_text()[-2000:]}") from None
                time.sleep(0.1)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def add(self, step):
        """One more checkpoint, recorded and judged when this returns."""
        save_as_trainer(EXAMPLE / f"checkpoint-{step}", self.watched)
        self.count += 1
        self.daemon.wait(f"step {step} to be recorded", is_idle_after(self.count))

    def add_next(self):
        """The step of the checkpoint that comes next in the run, after it is recorded and judged."""
        step = self.steps[self.count]
        self.add(step)
        return step
