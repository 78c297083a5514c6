"""Bounds a render process puts on itself before it touches anything foreign; without effect where POSIX is missing.

A sandbox (file system, system calls) belongs into `confine`, after the limits and before the first command.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

from preview_worker.errors import RenderCrashError

ADDRESS_SPACE_BYTES = 2 * 1024**3
"""The last wall only: x264 crashes when refused memory, so the worker watches the resident size and ends us first."""
OPEN_FILES = 256
NICENESS = 5
_LARGE_BYTES = 120_000_000
_PR_SET_PDEATHSIG = 1


def confine(parent_pid: int) -> None:
    """Bind this process to its parent's life and bound what it may use.

    Args:
        parent_pid: Process id of the worker that started us.

    Raises:
        RenderCrashError: The parent is gone already.
    """
    if sys.platform == "win32":
        return
    die_with(parent_pid)
    _limit_resources()
    with contextlib.suppress(OSError):
        os.nice(NICENESS)


def peak_memory_bytes() -> int:
    """Largest resident size so far, of this process or of a helper that has ended; 0 where it can't be told."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return peak if sys.platform == "darwin" else peak * 1024


def processor_s() -> float:
    """Processor time so far, of this process and of its helpers that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def give_back_memory() -> None:
    """Return freed memory to the system after a large job, so that the process is small enough to be used again.

    glibc keeps what was freed below something still in use: 100 MB and more after a render.
    """
    if sys.platform != "linux" or _resident_bytes() < _LARGE_BYTES:
        return
    with contextlib.suppress(AttributeError):  # another C library has no such call
        ctypes.CDLL(None).malloc_trim(0)


def _resident_bytes() -> int:
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - one read of a file that is none
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def die_with(parent_pid: int) -> None:
    """End this process when its parent ends.

    Linux kills us when the parent dies; it may have died before we asked, which the second look finds.

    Args:
        parent_pid: Process id of the parent.

    Raises:
        RenderCrashError: The parent is gone already.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        raise RenderCrashError("The worker that started this render process is gone.")


def _limit_resources() -> None:
    import resource

    wanted = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, OPEN_FILES)]
    if sys.platform == "linux":
        wanted.append((resource.RLIMIT_AS, ADDRESS_SPACE_BYTES))
    for kind, limit in wanted:
        _, hard = resource.getrlimit(kind)
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (bound, bound))
