"""How a worker sees and bounds its render processes from outside; without effect where the system doesn't tell."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import sys
from pathlib import Path

from preview_worker.errors import ResourceLimitError
from preview_worker.render.launching import Launched
from preview_worker.render.lifecycle import ProcessLimits

_STATM_RESIDENT = 1


class Watch:
    """Looks at a render process and its helpers again and again, and ends them when they take more than they may.

    With the process's end the watch is over: its number may soon be another's. What it has left behind in its group is
    ended then, once; later nothing is sent to that number.

    Args:
        launched: The process, which leads a group.
        limits: What it may take, and how often it is looked at.
    """

    def __init__(self, launched: Launched, limits: ProcessLimits) -> None:
        self.verdict: ResourceLimitError | None = None
        self._launched = launched
        self._pid = launched.pid
        self._limits = limits
        self.processor_s = 0
        self._helper_pids: tuple[int, ...] = ()
        self._shared_bytes = 0
        self._keeping = asyncio.create_task(self._keep(), name=f"render-{self._pid}-watch")

    def allow_processor_time(self, deadline_s: float) -> None:
        """Let it use what is right for a command of that deadline, from now on, before the system ends it (SIGXCPU)."""
        self.processor_s = math.ceil(deadline_s * self._limits.processor_ratio)
        allow_processor_time(self._pid, self.processor_s)

    def see_helpers(self, pids: tuple[int, ...]) -> None:
        """These work beside the process now; they begin with the memory that it has now, and share it."""
        self._helper_pids = pids[: self._limits.processes]  # more of them are too many anyway
        self._shared_bytes = resident_bytes(self._pid)

    def kill(self) -> None:
        """End the process and all that it has started, unless it has ended."""
        if self._launched.alive():
            kill_group(self._pid)

    async def over(self) -> None:
        """Wait until the process has ended, and with it what it had started."""
        await asyncio.wait({self._keeping})

    async def _keep(self) -> None:
        end = asyncio.create_task(self._launched.ended(), name=f"render-{self._pid}-watched")
        # A program's end is told when its streams are closed too: a helper that lives on may hold them.
        while self._launched.alive() and not end.done():
            if self.verdict is None and (excess := self._excess()) is not None:
                self.verdict = ResourceLimitError(excess)
                self.kill()
            await asyncio.wait({end}, timeout=self._limits.watch_s)
        kill_group(self._pid)
        end.cancel()

    def _excess(self) -> str | None:
        """What is more than allowed, as a sentence."""
        size = resident_bytes(self._pid) + sum(self._own_bytes(helper) for helper in self._helper_pids)
        if size > self._limits.memory_bytes:
            allowed = self._limits.memory_bytes // 1_000_000
            return f"The render needed {size // 1_000_000} MB of memory; {allowed} MB are allowed."
        if (processes := group_size(self._pid)) > self._limits.processes:
            return f"The render started {processes} processes; {self._limits.processes} are allowed."
        return None

    def _own_bytes(self, helper_pid: int) -> int:
        """About what a helper takes beyond the memory it was forked with, which it mostly shares."""
        return max(0, resident_bytes(helper_pid) - self._shared_bytes)


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


def group_size(pid: int) -> int:
    """How many processes are in the group that a process leads; 0 where the system doesn't tell.

    The kernel is asked for each process's group, 3 µs each. What a sandboxed process starts can't leave its group.
    """
    if sys.platform != "linux":
        return 0
    try:
        names = os.listdir("/proc")  # noqa: PTH208 - names alone
    except OSError:  # we have no descriptors left
        return 0
    return sum(_group_of(int(name)) == pid for name in names if name.isdigit())


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


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except (ProcessLookupError, PermissionError):
        return -1
