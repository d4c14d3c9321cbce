"""Schemathesis against a running daemon: requests made from the daemon's own /openapi.json, valid ones and broken ones.

    python3 fuzz_api.py SOCKET [--examples 25]

Schemathesis speaks TCP: a forwarder on the loopback, which lives as long as this script, leads to the socket. Fails when
an answer is a server error, or is none of the daemon's. The stream of events never ends and is left out.
"""

import argparse
import os
import socket
import subprocess
import sys
import threading


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    finally:
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def forward(listener, path):
    while True:
        client, _ = listener.accept()
        daemon = socket.socket(socket.AF_UNIX)
        daemon.connect(path)
        threading.Thread(target=pump, args=(client, daemon), daemon=True).start()
        threading.Thread(target=pump, args=(daemon, client), daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("socket")
    parser.add_argument("--examples", type=int, default=25)
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=forward, args=(listener, options.socket), daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    command = [
        os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", f"{url}/openapi.json", "--url", url,
        "--checks", "not_a_server_error,content_type_conformance,status_code_conformance,response_schema_conformance",
        "--max-examples", str(options.examples), "--phases", "examples,coverage,fuzzing", "--mode", "all",
        "--seed", "2511", "--exclude-path", "/v1/events", "--request-timeout", "30", "--no-color",
        "--generation-database", "none", "--suppress-health-check", "all", "--continue-on-failure",
    ]
    sys.exit(subprocess.run(command).returncode)


main()
