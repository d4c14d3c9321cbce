"""A daemon of the benchmark's own: started on a run, watched from outside, stopped."""

import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time


class _Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Daemon:
    """`alpharl serve` on folder/watched. Log lines with `key=value` are what it says of its own times."""

    def __init__(
        self, program, folder, base, name, rank=4, threads=2, emit=None, memory="8GiB", least=6):
        self.folder, self.name = folder, name
        self.watched = os.path.join(folder, "watched")
        os.makedirs(self.watched, exist_ok=True)
        self.store = os.path.join(folder, f"{name}.sqlite")
        self.socket = os.path.join(folder, "s.sock")
        self.log = os.path.join(folder, f"{name}.log")
        configuration = os.path.join(folder, f"{name}.toml")
        with open(configuration, "w") as file:
            file.write(
                f'[run]\nname = "{name}"\nwatch = "{self.watched}"\nbase = "{base}"\nlayout = "huggingface"\n'
                f'[forecast]\nmin_checkpoints = {least}\n[factors]\nrank = {rank}\n[store]\npath = "{self.store}"\n[socket]\npath = "{self.socket}"\n'
                f'[emit]\ndirectory = "{emit or os.path.join(folder, "predicted")}"\n'
                f'[resources]\nthreads = {threads}\nmemory = "{memory}"\n[confidence]\nthreshold = 1.0\n'
            )
        self.output = open(self.log, "w")
        self._told, self._recorded = 0, []
        self.process = subprocess.Popen(
            [program, "serve", "--config", configuration], stdout=self.output, stderr=subprocess.STDOUT)
        self._sampling = threading.Event()
        self.peak_anonymous = 0
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()
        self._wait_until(lambda: self.get("/readyz") is not None, "answer")

    def _sample(self):
        path = f"/proc/{self.process.pid}/status"
        while not self._sampling.wait(0.02):
            try:
                with open(path) as file:
                    found = re.search(r"RssAnon:\s+(\d+)", file.read())
            except OSError:
                return
            if found:
                self.peak_anonymous = max(self.peak_anonymous, int(found[1]) * 1024)

    def _wait_until(self, condition, what, seconds=900):
        end = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > end:
                with open(self.log) as file:
                    raise SystemExit(f"the daemon did not {what}:\n" + "".join(file.readlines()[-20:]))
            time.sleep(0.02)

    def request(self, method, path, body=None):
        connection = _Connection(self.socket)
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def get(self, path):
        try:
            status, body = self.request("GET", path)
        except OSError:
            return None
        return body if status == 200 else None

    def recorded(self):
        """The numbers of every recording by key. Reads what is new in the log only: this is asked while the daemon, in the
        idle class, works."""
        with open(self.log) as file:
            file.seek(self._told)
            new = file.read()
        whole = new[:new.rfind("\n") + 1]
        self._told += len(whole.encode())
        self._recorded += [
            {k: float(v) for k, v in re.findall(r"(\w+)=([-0-9.e]+)", line)}
            for line in whole.splitlines() if "checkpoint recorded" in line]
        return self._recorded

    def wait_for(self, step, seconds=900):
        """The times of the recording of a step."""
        self._wait_until(
            lambda: any(r.get("step") == step for r in self.recorded()), f"record step {step}", seconds)
        return next(r for r in self.recorded() if r.get("step") == step)

    def predict(self, step):
        """Seconds from asking for a prediction to its event, and its folder. Nobody polls: that would take time from who
        writes."""
        events = _Connection(self.socket)
        events.request("GET", "/v1/events")
        stream = events.getresponse()
        began = time.perf_counter()
        status, answer = self.request("POST", "/v1/predictions", {"target_step": step, "force": True})
        if status != 202:
            raise SystemExit(f"the daemon refused a prediction: {answer.decode()}")
        identifier = json.loads(answer)["id"]
        for line in stream:
            if not line.startswith(b"data:"):
                continue
            found = json.loads(line[5:]).get("prediction", {})
            if found.get("id") == identifier and found["state"] != "pending":
                break
        seconds = time.perf_counter() - began
        events.close()
        if found["state"] != "emitted":
            raise SystemExit(f"no prediction: {found['reason']}")
        return seconds, found["path"]

    def status_times(self, until):
        """Seconds that /v1/status takes, asked again and again until `until()` is true."""
        times = []
        while not until():
            began = time.perf_counter()
            self.get("/v1/status")
            times.append(time.perf_counter() - began)
            time.sleep(0.002)
        return times

    def thread_counts(self):
        """For each thread of the daemon the nanoseconds that it had a processor, and how often it went to sleep: the clock of
        /proc/PID/stat counts in steps of 10 ms, more than an idle daemon takes in a minute."""
        counts = {}
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            folder = f"/proc/{self.process.pid}/task/{thread}"
            try:
                with open(f"{folder}/schedstat") as times, open(f"{folder}/status") as status:
                    spent = int(times.read().split()[0])
                    counts[thread] = (spent, int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read(), re.M)[1]))
            except OSError:  # It ended meanwhile.
                continue
        return counts

    def idle(self, seconds):
        """What the daemon does while nobody asks it anything, all threads together; one that is new counts with all it did."""
        before = self.thread_counts()
        time.sleep(seconds)
        after = self.thread_counts()
        spent, wakes = (
            sum(now[place] - before.get(thread, (0, 0))[place] for thread, now in after.items()) for place in (0, 1))
        return {"seconds": seconds, "processor_seconds": spent / 1e9, "wakes": wakes}

    def stop(self):
        self._sampling.set()
        self.process.terminate()
        self.process.wait(60)
        self.output.close()
