"""The life of a render process: its states, which may follow which, and its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ProcessState(StrEnum):
    """Life of a render process."""

    NEW = "new"
    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    STOPPING = "stopping"
    DEAD = "dead"


NEXT_STATES: Mapping[ProcessState, frozenset[ProcessState]] = {
    ProcessState.NEW: frozenset({ProcessState.STARTING, ProcessState.DEAD}),
    ProcessState.STARTING: frozenset({ProcessState.IDLE, ProcessState.STOPPING}),
    ProcessState.IDLE: frozenset({ProcessState.BUSY, ProcessState.STOPPING}),
    ProcessState.BUSY: frozenset({ProcessState.IDLE, ProcessState.STOPPING}),
    ProcessState.STOPPING: frozenset({ProcessState.DEAD}),
    ProcessState.DEAD: frozenset(),
}


class InvalidStateError(RuntimeError):
    """A render process was asked for something its state doesn't allow: a fault of the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLimits:
    """Bounds of a render process.

    Attributes:
        start_s: Longest time until it says hello.
        quiet_s: Longest time without an event while it works.
        memory_bytes: Resident size above which it is killed.
        processor_s: Processor time allowed per command.
        jobs: Commands after which it isn't used again.
        reuse_memory_bytes: Resident size above which it isn't used again.
        watch_s: Pause between looks at its memory.
    """

    start_s: float = 20.0
    quiet_s: float = 60.0
    memory_bytes: int = 1_000_000_000
    processor_s: int = 3600
    jobs: int = 50
    reuse_memory_bytes: int = 200_000_000
    watch_s: float = 0.25
