"""A client of the daemon's socket, with Python's standard library alone."""
import http.client
import json
import socket
import time


class DaemonError(Exception):
    """The daemon did not answer as expected: what failed, why, what to do."""


class UnixConnection(http.client.HTTPConnection):
    """HTTP/1.1 over a Unix domain socket."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Daemon:
    """A running daemon, asked over its socket until a deadline (seconds from now) that all waits share."""

    def __init__(self, path, limit):
        self.path = path
        self.deadline = time.monotonic() + limit
        self.limit = limit

    def get(self, resource):
        """The JSON document at `resource`."""
        return self.ask("GET", resource)

    def post(self, resource, document):
        """The answer to `document`, sent as JSON; needs to be the daemon's user, root, or in `socket.group`."""
        return self.ask("POST", resource, json.dumps(document), {"Content-Type": "application/json"})

    def ask(self, method, resource, body=None, headers=None):
        """The JSON document that `resource` answers with status 200."""
        connection = UnixConnection(self.path, timeout=10)
        try:
            connection.request(method, resource, body, headers or {})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise DaemonError(f"{self.path}: {resource}: no answer: {error}; is the daemon still running?") from error
        finally:
            connection.close()
        if answer.status != 200:
            raise DaemonError(f"{self.path}: {resource}: got status {answer.status}: {body.decode(errors='replace')}")
        return json.loads(body)

    def status(self):
        return self.get("/v1/status")

    def wait(self, what, condition):
        """The first status for which `condition` holds; asks ten times a second."""
        while True:
            status = self.status()
            if condition(status):
                return status
            if time.monotonic() > self.deadline:
                last = json.dumps(status)
                raise DaemonError(f"waiting for {what}: not after {self.limit} s; the last status was {last}")
            time.sleep(0.1)
