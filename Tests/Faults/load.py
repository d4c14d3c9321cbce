"""Clients of a daemon's socket: some ask for the status once a second each, some follow the events.

    python3 load.py SOCKET --clients 200 --streams 50 --seconds 10

Prints one JSON object: requests answered and failed, their times in milliseconds, events received by each stream. Each
client keeps its connection. Bounded in time and in number; nothing is sent anywhere but to the socket.
"""

import argparse
import asyncio
import json
import random
import statistics
import time

REQUEST = b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"
STREAM = b"GET /v1/events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 0\r\n\r\n"


async def answer(reader):
    """Reads one answer; returns its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    json.loads(await reader.readexactly(length))
    return int(head.split(b" ", 2)[1])


async def connect(path, **options):
    """Clients come within a second, not all at once: the kernel's queue of a socket is finite."""
    await asyncio.sleep(random.random())
    for _ in range(100):
        try:
            return await asyncio.open_unix_connection(path, **options)
        except OSError:
            await asyncio.sleep(0.05)
    return await asyncio.open_unix_connection(path, **options)


async def poll(path, seconds, times, failures):
    reader, writer = await connect(path)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        writer.write(REQUEST)
        status = await answer(reader)
        taken = time.monotonic() - began
        times.append(taken * 1000)
        if status != 200:
            failures.append(status)
        await asyncio.sleep(max(0, 1 - taken))
    writer.close()


async def follow(path, seconds, counts):
    reader, writer = await connect(path, limit=1 << 20)
    writer.write(STREAM)
    seen = []
    try:
        async with asyncio.timeout(seconds):
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head.split(b"\r\n")[0] + b" ", head
            while line := await reader.readline():
                if line.startswith(b"id: "):
                    seen.append(int(line[4:]))
    except TimeoutError:
        pass
    assert seen == sorted(set(seen)), "events came twice or out of order"
    counts.append(len(seen))
    writer.close()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("socket")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    random.seed(7)
    times, failures, counts = [], [], []
    work = [poll(options.socket, options.seconds, times, failures) for _ in range(options.clients)]
    work += [follow(options.socket, options.seconds, counts) for _ in range(options.streams)]
    ended = await asyncio.gather(*work, return_exceptions=True)
    errors = [repr(error) for error in ended if isinstance(error, BaseException)]
    hundredths = statistics.quantiles(times, n=100) if len(times) > 1 else [0] * 99
    print(json.dumps({
        "answered": len(times), "failed": len(failures) + len(errors), "errors": errors[:3],
        "p50": hundredths[49], "p99": hundredths[98], "longest": max(times, default=0),
        "streams": len(counts), "fewest_events": min(counts, default=0), "most_events": max(counts, default=0),
    }))


asyncio.run(main())
