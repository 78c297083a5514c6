"""How a worker sees and bounds its render processes from outside; without effect where the system doesn't tell."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

_STATM_RESIDENT = 1


def resident_bytes(pid: int) -> int:
    """Resident size of a process; 0 when it is gone or the system doesn't tell."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    except OSError:
        return 0
    return int(fields[_STATM_RESIDENT]) * os.sysconf("SC_PAGE_SIZE")


def allow_processor_time(pid: int, seconds: int) -> None:
    """Let a process use so many seconds more of processor time before the system ends it (SIGXCPU)."""
    if sys.platform != "linux":
        return
    import resource

    ticks = os.sysconf("SC_CLK_TCK")
    with contextlib.suppress(OSError, ValueError):
        used = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", maxsplit=1)[1].split()[11:13]
        spent = sum(int(part) for part in used) // ticks
        _, hard = resource.prlimit(pid, resource.RLIMIT_CPU)
        resource.prlimit(pid, resource.RLIMIT_CPU, (spent + seconds + 1, hard))


def kill_group(pid: int) -> None:
    """End a process and all it has started, at once."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)
        else:
            os.killpg(pid, signal.SIGKILL)


def signal_name(number: int) -> str:
    """Name of a signal, such as SIGSEGV."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
