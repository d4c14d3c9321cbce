#!/usr/bin/env python3
"""Waits until the daemon has emitted a prediction and prints its folder. Needs Python's standard library alone.

    wait_for_prediction.py SOCKET [--after ID] [--format full]

A prediction that is there already counts, unless its number is ID or below. Status 69 where the daemon is not there.
"""
import argparse
import http.client
import json
import socket
import sys


class Daemon(http.client.HTTPConnection):
    """HTTP over a Unix domain socket. A comment comes over an event stream every 15 s, so silence of 60 s is an end."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def get(path, resource):
    daemon = Daemon(path)
    daemon.request("GET", resource)
    answer = daemon.getresponse()
    if answer.status != 200:
        raise OSError(f"{resource}: {answer.status} {answer.read().decode()}")
    return answer


def predictions(path):
    """Every prediction that is emitted, those of the past first. The stream is open before the past is read: nothing is
    missed in between, and what is seen twice has the same number."""
    events = get(path, "/v1/events")
    yield from json.load(get(path, "/v1/predictions"))["predictions"]
    for line in events:
        if line.startswith(b"data:"):
            event = json.loads(line[5:])
            if event["event"] == "prediction":
                yield event["prediction"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("socket", metavar="SOCKET")
    parser.add_argument("--after", type=int, default=0, metavar="ID")
    parser.add_argument("--format", default="full", choices=["full", "adapter"])
    wanted = parser.parse_args()
    try:
        for found in predictions(wanted.socket):
            if (found["state"], found["format"]) == ("emitted", wanted.format) and found["id"] > wanted.after:
                print(found["path"])
                return
        sys.exit("wait_for_prediction.py: the daemon has stopped; start it again and wait anew")
    except (OSError, http.client.HTTPException) as error:
        print(f"wait_for_prediction.py: {wanted.socket}: {error}; is the daemon running?", file=sys.stderr)
        sys.exit(69)


if __name__ == "__main__":
    main()
