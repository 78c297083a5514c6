"""What workers under test do at fault points: tell that they got there, and at one of them, once, stop or die."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from preview_worker.chaos.history import Lines
from preview_worker.faults import FaultPoint

VICTIMS: Final = "victims"
"""Folder with a file for each job whose worker died or stopped at a fault point, so that no job is hit twice."""


class Deed(StrEnum):
    """What happens at the point."""

    KILL = "kill"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """Where a worker does what to itself."""

    point: FaultPoint
    deed: Deed


class Armory:
    """Hands arms to workers as they are started: those put aside for a slot first, then those for any of some slots."""

    def __init__(self) -> None:
        self._aside: dict[int, Arms] = {}
        self._common: deque[Arms] = deque()
        self._takers: frozenset[int] = frozenset()

    def put_aside(self, slot: int, arms: Arms) -> None:
        """Arm the next worker of a slot."""
        self._aside[slot] = arms

    def share(self, arms: Iterable[Arms], slots: Iterable[int]) -> None:
        """Arm the next workers of some slots, in order, until no arms are left."""
        self._common.extend(arms)
        self._takers = frozenset(slots)

    @property
    def empty(self) -> bool:
        """Whether no shared arms are left."""
        return not self._common

    def take(self, slot: int) -> Arms | None:
        """Arms for a worker that is about to be started, if it gets any."""
        if slot in self._aside:
            return self._aside.pop(slot)
        return self._common.popleft() if self._common and slot in self._takers else None


class Armed:
    """The port of a worker under test.

    Args:
        folder: The run's folder.
        trace: Gets a line for each point.
        arms: The point at which something happens; None: nowhere.
    """

    def __init__(self, folder: Path, trace: Lines, arms: Arms | None) -> None:
        self._victims = folder / VICTIMS
        self._trace = trace
        self._arms = arms
        self._once = threading.Lock()

    def __call__(self, point: FaultPoint, job_id: str) -> None:
        """See `Reached`."""
        self._trace.add(point, job=job_id)
        if self._arms is None or point is not self._arms.point or not self._chosen(job_id):
            return
        self._trace.add(f"self-{self._arms.deed}", job=job_id, point=point)
        number = signal.SIGKILL if self._arms.deed is Deed.KILL else signal.SIGSTOP
        # To this thread: the process's other threads may take a signal to all later than this one goes on.
        signal.pthread_kill(threading.get_ident(), number)

    def _chosen(self, job_id: str) -> bool:
        """Whether this is the worker's first, and the job's."""
        if not self._once.acquire(blocking=False):
            return False
        self._victims.mkdir(exist_ok=True)
        try:
            (self._victims / job_id).touch(exist_ok=False)
        except FileExistsError:
            self._once.release()
            return False
        return True
