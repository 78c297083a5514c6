"""Confined as a render process is, opens files, writes or starts processes without end, and says what stopped it.

``exceeds_limits.py HOW FOLDER PARENT_PID TERMS``, of which the worker's side appends all but the first.
"""

import errno
import os
import signal
import sys
from pathlib import Path

from hello import say

from preview_worker.render.child.limits import confine
from preview_worker.render.lifecycle import SandboxTerms

TEN_GB = 10_000_000_000
BLOCK = bytes(1_000_000)
HOW, FOLDER = sys.argv[1], Path(sys.argv[2])


def open_files():
    """Ten thousand descriptors."""
    return len([os.dup(1) for _ in range(10_000)])


def write():
    with (FOLDER / "out" / "files" / "large").open("wb", buffering=0) as file:
        while file.tell() < TEN_GB:
            file.write(BLOCK)


def start_processes():
    while True:
        if not os.fork():
            signal.pause()


signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
level = confine(int(sys.argv[3]), FOLDER, SandboxTerms.of_argument(sys.argv[4]))
say("Hello", version=1, pid=os.getpid(), sandbox=level)
sys.stdin.readline()
try:
    {"files": open_files, "bytes": write, "processes": start_processes}[HOW]()
except OSError as error:
    say("LogLine", event="stopped", values={"by": errno.errorcode[error.errno]})
say("Finished", stages_ms={})
