"""What systems do differently with processes: some things only POSIX or Linux can do, others each has its own call for.

Everything platform-dependent about processes stands here, so that the commands that need no service run on Windows.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


def dying_with_parent() -> Callable[[], None] | None:
    """What a forked child does before it becomes another program: ask the kernel to be killed with its parent.

    SIGKILL rather than SIGTERM, so that a busy child can't outlive us. The kernel ties this to the *thread* that forks:
    start children from the thread that lives as long as the process. None where the system can't (not Linux).
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def die_with_parent() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the request took effect
            os._exit(1)

    return die_with_parent


def die_with(parent_pid: int) -> bool:
    """Let this process be killed with its parent, where the system can; False where the parent is gone already.

    It may have died before we asked, which the second look finds; on Windows a launcher may stand between.
    """
    if sys.platform == "win32":
        return True
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return os.getppid() == parent_pid


def call_process(name: str) -> None:
    """Call this process by a name of at most 15 bytes in lists of processes, where the system can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def usable_cores() -> int:
    """Cores this process may run on, which may be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def take_lock(descriptor: int) -> bool:
    """Lock an open file for this process alone, without waiting; it is freed with the descriptor or the process.

    Returns:
        False if another descriptor holds it.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
