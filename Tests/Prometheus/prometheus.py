"""A real Prometheus that scrapes what alpharl-textfile writes, as it would through node_exporter."""
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("ALPHARL_TEST_PROMETHEUS", str(ROOT / ".build/promtool/prometheus"))
RULES = ROOT / "deploy" / "prometheus" / "alpharl.rules.yml"
BRIDGE = ROOT / "deploy" / "prometheus" / "alpharl-textfile"


class PrometheusError(Exception):
    """Prometheus did not do what it was asked, in one line."""


class Exporter:
    """Answers as node_exporter's textfile collector does: the folder's files, and when each was written. The bridge runs again and
    again beside it, so that a scrape waits neither for it nor for a timer."""

    def __init__(self, sockets):
        self.sockets = sockets
        self.folder = Path(tempfile.mkdtemp(prefix="alpharl-textfile-"))
        self.is_over = threading.Event()
        self.collecting = threading.Thread(target=self.collect, daemon=True)
        exporter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = exporter.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.collecting.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.collecting.join()
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.folder)

    def collect(self):
        while not self.is_over.wait(0.3):
            subprocess.run([BRIDGE, self.folder], check=True, env={**os.environ, "ALPHARL_SOCKETS": str(self.sockets)})

    def text(self):
        files = {file: file.read_text() for file in sorted(self.folder.glob("*.prom"))}
        times = "".join(f'node_textfile_mtime_seconds{{file="{file}"}} {file.stat().st_mtime}\n' for file in files)
        return "".join(files.values()) + "# TYPE node_textfile_mtime_seconds gauge\n" + times


class Prometheus:
    """Scrapes `exporter` every second with the alert rules that are shipped, on a free port, until the block ends."""

    def __init__(self, exporter):
        self.place = Path(tempfile.mkdtemp(prefix="alpharl-prometheus-"))
        (self.place / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
            f"rule_files: ['{RULES}']\n"
            f"scrape_configs: [{{job_name: node, static_configs: [{{targets: ['{exporter.address}']}}]}}]\n")
        with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as free:
            self.address = f"127.0.0.1:{free.server_address[1]}"
        self.process = None

    def __enter__(self):
        with open(self.place / "log", "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, f"--config.file={self.place / 'prometheus.yml'}", f"--storage.tsdb.path={self.place / 'data'}",
                 f"--web.listen-address={self.address}"], stdout=log, stderr=log)
        try:
            self.until("Prometheus to answer", lambda: self.query("vector(1)"))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.place)

    def get(self, path, **parameters):
        address = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise PrometheusError(f"{path} {parameters}: {error.read().decode()}") from None
        except OSError as error:
            raise PrometheusError(f"{path}: {error}") from None

    def query(self, expression):
        return self.get("query", query=expression)["result"]

    def drawn(self, expression, since):
        """What Grafana draws of it from `since` to now."""
        return self.get("query_range", query=expression, start=since, end=time.time(), step=1)["result"]

    def until(self, what, is_so, limit=90):
        """Asks again and again; the value once it is true."""
        deadline = time.monotonic() + limit
        while True:
            try:
                if value := is_so():
                    return value
            except PrometheusError:
                if self.process.poll() is not None:
                    raise PrometheusError(f"it ended: {(self.place / 'log').read_text()[-2000:]}") from None
            if time.monotonic() > deadline:
                raise PrometheusError(f"waited {limit} s for {what}")
            time.sleep(0.2)
