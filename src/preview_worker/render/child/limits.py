"""Bounds a render process puts on itself before it touches anything foreign; without effect where POSIX is missing."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from pathlib import Path

from preview_worker import posix
from preview_worker.errors import RenderCrashError
from preview_worker.render.lifecycle import SandboxTerms
from preview_worker.render.protocol import OUT_FOLDER
from preview_worker.sandbox import confinement
from preview_worker.sandbox.confinement import Confinement
from preview_worker.sandbox.levels import SandboxLevel
from preview_worker.sandbox.resources import Resource

ADDRESS_SPACE_BYTES = 2 * 1024**3
"""The last wall only: x264 crashes when refused memory, so the worker watches the resident size and ends us first."""
OPEN_FILES = 256
NICENESS = 5
_LARGE_BYTES = 120_000_000


def confine(parent_pid: int, folder: Path, terms: SandboxTerms) -> SandboxLevel:
    """Bind this process to its parent's life, bound what it may use, and shut it in.

    Of the processor's time the worker gives it some for each command (`watch.allow_processor_time`).

    Args:
        parent_pid: Process id of the worker that started us.
        folder: The process's own folder.
        terms: Of its sandbox.

    Returns:
        What holds.

    Raises:
        RenderCrashError: The parent is gone already.
    """
    if sys.platform == "win32":
        return SandboxLevel.NONE
    die_with(parent_pid)
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    return confinement.confine(
        Confinement(
            wanted=terms.wanted,
            limits=_limits(terms.file_bytes),
            readable=(folder, *_font_places(terms.fonts_folder)),
            writable=(folder / OUT_FOLDER,),
            forks=True,
        )
    )


def peak_memory_bytes() -> int:
    """Largest resident size so far, of this process or of a helper that has ended; 0 where it can't be told."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return peak if sys.platform == "darwin" else peak * 1024


def largest_file_bytes() -> int:
    """How large a file this process may write; -1 without a limit."""
    if sys.platform == "win32":
        return -1
    import resource

    return resource.getrlimit(resource.RLIMIT_FSIZE)[0]


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

    Args:
        parent_pid: Process id of the parent.

    Raises:
        RenderCrashError: The parent is gone already.
    """
    if not posix.die_with(parent_pid):
        raise RenderCrashError("The worker that started this render process is gone.")


def _limits(file_bytes: int) -> dict[Resource, int]:
    limits: dict[Resource, int] = {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": OPEN_FILES, "RLIMIT_FSIZE": file_bytes}
    if sys.platform == "linux":
        limits["RLIMIT_AS"] = ADDRESS_SPACE_BYTES
    return limits


def _font_places(folder: Path | None) -> tuple[Path, ...]:
    """The user's fonts, and where links among them lead."""
    if folder is None or not folder.is_dir():
        return ()
    return (folder, *(path.resolve() for path in folder.iterdir() if path.is_symlink()))
