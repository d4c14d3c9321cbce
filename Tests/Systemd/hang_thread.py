#!/usr/bin/env python3
"""Makes threads of a running program hang: the way to see whether a watchdog watches the right thing.

    hang_thread.py --busy|--stop [--sleeping] PID NAME...

NAME is a thread's name (/proc/PID/task/TID/comm), or the beginning of it with a * at the end; all threads of that name
hang. --busy: they turn in a circle of one instruction for ever. --stop: they stand still for as long as this script
runs, which is until it is killed. --sleeping: only those that sleep for a time of their own choosing, as SQLite does
while somebody else holds its lock. No other thread is touched, and nothing is left behind: the program has to be ended
anyway. Needs root and an x86-64 machine. Prints how many threads hang; exit status 1 when none has such a name.
"""
import ctypes
import os
import sys

SEIZE, INTERRUPT, DETACH, GETREGS, SETREGS, POKETEXT = 0x4206, 0x4207, 17, 12, 13, 4
RIP, ORIG_RAX = 16, 15  # indices in struct user_regs_struct
JUMP_TO_ITSELF = 0xFEEB
WALL = 0x40000000
NANOSLEEP, CLOCK_NANOSLEEP = 35, 230  # system calls of x86-64

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, thread, address=0, data=0):
    ctypes.set_errno(0)
    if libc.ptrace(request, thread, address, data) == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of thread {thread}")


def sleeps(process, thread):
    with open(f"/proc/{process}/task/{thread}/syscall", encoding="utf-8") as file:
        return file.read().split()[0] in (str(NANOSLEEP), str(CLOCK_NANOSLEEP))


def threads(process, names, sleeping, named=False):
    """Their numbers; their names instead where asked."""
    found = []
    for entry in os.listdir(f"/proc/{process}/task"):
        try:
            with open(f"/proc/{process}/task/{entry}/comm", encoding="utf-8") as file:
                comm = file.read().rstrip("\n")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        if any(comm == name or (name.endswith("*") and comm.startswith(name[:-1])) for name in names):
            if not sleeping or sleeps(process, entry):
                found.append(comm if named else int(entry))
    return found


def end_of_code(process):
    """The last eight bytes of the program's first executable mapping."""
    with open(f"/proc/{process}/maps", encoding="utf-8") as file:
        for line in file:
            place, rights = line.split()[:2]
            if "x" in rights:
                return int(place.split("-")[1], 16) - 8
    raise SystemExit("hang_thread.py: no executable mapping")


def turn_in_a_circle(thread, address):
    registers = (ctypes.c_ulong * 27)()
    ptrace(GETREGS, thread, 0, ctypes.addressof(registers))
    registers[RIP] = address
    registers[ORIG_RAX] = ctypes.c_ulong(-1).value  # no system call to go on with
    ptrace(POKETEXT, thread, address, JUMP_TO_ITSELF)
    ptrace(SETREGS, thread, 0, ctypes.addressof(registers))
    ptrace(DETACH, thread)


def main():
    sleeping = "--sleeping" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--sleeping"]
    if len(arguments) < 3 or arguments[0] not in ("--busy", "--stop"):
        raise SystemExit(__doc__)
    process = int(arguments[1])
    victims = threads(process, arguments[2:], sleeping)
    for thread in victims:
        ptrace(SEIZE, thread)
        ptrace(INTERRUPT, thread)
        os.waitpid(thread, WALL)
    print(f"{len(victims)} thread(s) hang", flush=True)
    if not victims:
        print("there are", *sorted(threads(process, ["*"], False, named=True)))
        return 1
    if arguments[0] == "--busy":
        for thread in victims:
            turn_in_a_circle(thread, end_of_code(process))
    else:
        for thread in victims:
            os.waitpid(thread, WALL)  # until it is killed: nobody else may bury it
    return 0


if __name__ == "__main__":
    sys.exit(main())
