"""Replaying the example run beside a daemon that says what the test wants."""
import argparse
import contextlib
import http.server
import io
import json
import os
import shutil
import socketserver
import sys
import tempfile
import threading
import unittest
import unittest.mock
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "Examples" / "addition-grpo"
sys.path.insert(0, str(SCRIPTS))

import replay
from daemon import Daemon, DaemonError

RUN = Path(os.environ["ALPHARL_TEST_EXAMPLE"])


class SocketServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class FakeDaemon:
    """Counts the checkpoints that are complete in `watched` and answers /v1/status on a socket of its own.

    `change(count, status)` may alter what is answered when `count` checkpoints are there.
    """

    def __init__(self, place, change):
        self.watched, self.socket = place / "watched", str(place / "daemon.sock")
        self.watched.mkdir()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(fake.status(change)).encode()
                self.send_response(200 if self.path == "/v1/status" else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = SocketServer(self.socket, Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def status(self, change):
        count = len(list(self.watched.glob("checkpoint-*/trainer_state.json")))
        status = {"state": "watching", "checkpoints": {"recorded": count, "pending": 0, "rejected": 0},
                  "forecast": {"confidence": 0.25, "reason": "because"}, "predictions": [], "last_error": None}
        change(count, status)
        return status

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def prediction(number, step, kind="full"):
    return {"id": number, "step": step, "from_step": 48, "format": kind, "path": "/somewhere"}


class ReplayTests(unittest.TestCase):
    def replayed(self, change, limit=20):
        place = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, place)
        fake = FakeDaemon(place, change)
        self.addCleanup(fake.stop)
        self.watched, self.output = fake.watched, io.StringIO()
        arguments = argparse.Namespace(
            run=RUN, into=fake.watched, socket=fake.socket, limit=limit, status=[], status_every=4)
        with contextlib.redirect_stdout(self.output):
            return replay.replay(arguments)

    def saved(self):
        return sorted(int(folder.name.rpartition("-")[2]) for folder in self.watched.iterdir())

    def test_trainer_state_is_written_last_and_weights_after_the_configuration(self):
        with tempfile.TemporaryDirectory() as place, unittest.mock.patch("replay.shutil.copyfile") as copy:
            replay.save_as_trainer(RUN / "checkpoint-24", place)
        names = [call.args[1].name for call in copy.call_args_list]
        self.assertEqual(names, ["config.json", "generation_config.json", "model.safetensors", "trainer_state.json"])

    def test_it_ends_at_the_first_full_prediction_for_a_step_of_the_run(self):
        def change(count, status):
            if count >= 2:
                status["predictions"].append(prediction(1, 100))
            if count >= 3:
                status["predictions"] += [prediction(2, 96, kind="adapter"), prediction(3, 144)]

        self.assertEqual(self.replayed(change)["id"], 3)
        self.assertEqual(self.saved(), [24, 48, 72])
        self.assertIn("step   72", self.output.getvalue())
        self.assertEqual(self.output.getvalue().count("step 100"), 1)

    def test_a_run_without_a_prediction_is_played_to_its_end(self):
        self.assertIsNone(self.replayed(lambda count, status: None))
        self.assertEqual(self.saved(), list(range(24, 601, 24)))

    def test_the_next_checkpoint_waits_until_the_daemon_is_idle(self):
        asked = []

        def change(count, status):
            asked.append(count)
            if asked.count(count) < 3:
                status["state"], status["checkpoints"]["pending"] = "recording", 1
            if count == 2 and asked.count(2) >= 3:
                status["predictions"].append(prediction(1, 48))

        self.assertIsNotNone(self.replayed(change))
        self.assertEqual(asked, [1, 1, 1, 2, 2, 2])

    def test_a_rejected_checkpoint_ends_it_with_the_daemons_words(self):
        def change(count, status):
            status["checkpoints"].update(recorded=0, rejected=count)
            status["last_error"] = "not a number"

        with self.assertRaisesRegex(DaemonError, "step 24 was rejected.*not a number"):
            self.replayed(change)

    def test_a_daemon_that_never_records_is_left_at_the_limit(self):
        def change(count, status):
            status["checkpoints"]["recorded"] = 0

        with self.assertRaisesRegex(DaemonError, "step 24 to be recorded.*0.3 s"):
            self.replayed(change, limit=0.3)

    def test_a_daemon_that_is_not_there_is_named_by_its_socket(self):
        with self.assertRaisesRegex(DaemonError, "/nonexistent/socket"):
            Daemon("/nonexistent/socket", 1).status()


if __name__ == "__main__":
    unittest.main()
