"""The life of a render process: its states, which may follow which, its bounds, and the terms it is started on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from preview_worker.sandbox.levels import WantedSandbox

USUAL_JOBS, USUAL_REUSE_MEMORY_BYTES, USUAL_START_S = 50, 200_000_000, 20.0
LARGEST_BYTES_PER_S = 4_000_000
"""32 Mbit a second of video: 1080p of noise at quality high stays below it."""


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
        start_s: Longest time until it has come to be and says hello; for that it has a second, however late it came.
        quiet_s: Longest time without an event while it works.
        memory_bytes: Resident size above which it is killed.
        processor_ratio: Processor time that the process, and each of its helpers, may take for a command, as a multiple
            of the command's deadline. They work in one thread each; more than the deadline is used by one alone that
            computes in several.
        processes: Most processes at work, the render process among them.
        jobs: Commands after which it isn't used again.
        reuse_memory_bytes: Resident size above which it isn't used again.
        watch_s: Pause between looks at its memory.
    """

    start_s: float = USUAL_START_S
    quiet_s: float = 60.0
    memory_bytes: int = 1_000_000_000
    processor_ratio: float = 2.0
    processes: int = 16
    jobs: int = USUAL_JOBS
    reuse_memory_bytes: int = USUAL_REUSE_MEMORY_BYTES
    watch_s: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxTerms:
    """What a render process is told of its sandbox when it is started.

    Attributes:
        wanted: The level that must be reached.
        fonts_folder: The user's own fonts: with its own folder all that it reads beside code.
        file_bytes: Largest file it may write.
    """

    wanted: WantedSandbox = "auto"
    fonts_folder: Path | None = None
    file_bytes: int = 1800 * LARGEST_BYTES_PER_S

    def as_argument(self) -> str:
        """For the command line."""
        folder = str(self.fonts_folder) if self.fonts_folder is not None else None
        return json.dumps({"wanted": self.wanted, "fonts_folder": folder, "file_bytes": self.file_bytes})

    @classmethod
    def of_argument(cls, text: str) -> SandboxTerms:
        """Read what `as_argument` wrote."""
        members = json.loads(text)
        folder = members["fonts_folder"]
        return cls(
            wanted=members["wanted"],
            fonts_folder=Path(folder) if folder is not None else None,
            file_bytes=members["file_bytes"],
        )
