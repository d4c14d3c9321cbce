#!/usr/bin/env python3
"""Asks a daemon over its socket without a pause while something else restarts it, and counts what went wrong.

    lose_nothing.py SOCKET SECONDS CLIENTS

Each client asks GET /healthz again and again, on a connection of its own each time, for that many seconds. Prints
`N requests, N lost`; exit status 1 when one got anything but status 200.
"""
import socket
import sys
import threading
import time


def ask(path):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(path)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise ValueError(f"got {answer[:60]!r}")


def client(path, until, results):
    while time.monotonic() < until:
        try:
            ask(path)
            results.append(None)
        except (OSError, ValueError) as error:
            results.append(error)


def main():
    path, seconds, clients = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    results = []
    until = time.monotonic() + seconds
    workers = [threading.Thread(target=client, args=(path, until, results)) for _ in range(clients)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    lost = [error for error in results if error is not None]
    print(f"{len(results)} requests, {len(lost)} lost", *sorted({repr(error) for error in lost}), sep="\n")
    return 1 if lost or not results else 0


if __name__ == "__main__":
    sys.exit(main())
