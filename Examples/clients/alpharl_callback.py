"""Callbacks for the Trainer of transformers and for TRL's trainers: Trainer(..., callbacks=[PostAccuracy(SOCKET)])."""
import http.client
import json
import socket

from transformers import TrainerCallback


def ask(path, method, resource, document=None):
    """The daemon's answer on its Unix socket; raises OSError where it does not answer, or refuses."""
    daemon = http.client.HTTPConnection("localhost")
    daemon.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    daemon.sock.settimeout(10)
    daemon.sock.connect(path)
    daemon.request(method, resource, None if document is None else json.dumps(document))
    answer = daemon.getresponse()
    text = answer.read().decode()
    if answer.status >= 300:
        raise OSError(f"{resource}: {answer.status} {text}")
    return json.loads(text)


class PostAccuracy(TrainerCallback):
    """Posts `key` of each evaluation (or of each logged row) as the accuracy of its step. Training goes on without a daemon."""

    def __init__(self, path, key="eval_accuracy"):
        self.path, self.key = path, key

    def on_log(self, args, state, control, logs=None, **_):
        if state.is_world_process_zero and logs and self.key in logs:
            try:
                ask(self.path, "POST", "/v1/metrics", {"step": state.global_step, "accuracy": logs[self.key]})
            except OSError as error:
                print(f"alpharl: {self.path}: {error}")


class StopWhenPredicted(TrainerCallback):
    """Ends training after the save that follows the first emitted prediction."""

    def __init__(self, path):
        self.path = path

    def on_save(self, args, state, control, **_):
        try:
            if ask(self.path, "GET", "/v1/status")["predictions"]:
                control.should_training_stop = True
        except OSError as error:
            print(f"alpharl: {self.path}: {error}")
