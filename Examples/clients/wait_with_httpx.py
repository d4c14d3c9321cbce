#!/usr/bin/env python3
"""Waits until the daemon has emitted a prediction and prints its folder, with httpx: wait_with_httpx.py SOCKET."""
import json
import sys

import httpx


def main(path):
    daemon = httpx.Client(transport=httpx.HTTPTransport(uds=path), base_url="http://localhost", timeout=60)
    with daemon, daemon.stream("GET", "/v1/events") as events:
        past = daemon.get("/v1/predictions").raise_for_status().json()["predictions"]
        new = (json.loads(line[5:]) for line in events.iter_lines() if line.startswith("data:"))
        emitted = (event["prediction"] for event in new if event["event"] == "prediction")
        for found in (prediction for source in (past, emitted) for prediction in source):
            if found["state"] == "emitted":
                print(found["path"])
                return


if __name__ == "__main__":
    main(sys.argv[1])
