"""Holds 120 MB, which two helpers share; told to, one of them takes 150 MB more."""

import os
import sys
import threading

from hello import greet, say


def eaten(size_bytes):
    memory = bytearray(size_bytes)
    memory[::4096] = b"\x01" * len(memory[::4096])
    return memory


greet()
shared = eaten(120_000_000)
told, tell = os.pipe()
pids = []
for _ in range(2):
    pid = os.fork()
    if not pid:
        os.close(tell)
        if os.read(told, 1):
            own = eaten(150_000_000)
        threading.Event().wait()
    pids.append(pid)
say("Helpers", pids=pids)
say("LogLine", event="sharing", values={})
sys.stdin.readline()
os.write(tell, b"x")
threading.Event().wait()
