"""What the disk itself can do, in the same run: `cat`, with and without the page cache, and `dd` with fsync."""

import os
import subprocess
import time


def drop(*paths):
    """Takes files out of the page cache: they are clean, so advice is enough and no rights are needed."""
    for path in paths:
        file = os.open(path, os.O_RDONLY)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def warm(*paths):
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            while file.read(16 << 20):
                pass


def cat(*paths):
    """Seconds that `cat` takes to read files to nowhere, in 128 KiB pieces as it does."""
    began = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:
        # A pipe would be measured too; /dev/null takes everything at once.
        subprocess.run(["cat", *paths], stdout=nowhere, check=True)
    return time.perf_counter() - began


def dd(source, target):
    """Seconds that `dd` takes to write the bytes of a file that is in the page cache, and to flush them."""
    began = time.perf_counter()
    subprocess.run(["dd", f"if={source}", f"of={target}", "bs=1M", "conv=fsync", "status=none"], check=True)
    seconds = time.perf_counter() - began
    os.remove(target)
    return seconds
