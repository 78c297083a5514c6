"""Shuts this process in, step by step, as far as the system goes; each step that it can't take is left out."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from preview_worker.sandbox.landlock import confine_files
from preview_worker.sandbox.levels import SandboxLevel, WantedSandbox
from preview_worker.sandbox.paths import code_paths
from preview_worker.sandbox.privileges import drop_capabilities, leave_network
from preview_worker.sandbox.refusals import NO_PROCESSES, REFUSALS
from preview_worker.sandbox.resources import Resource, limit_resources
from preview_worker.sandbox.seccomp import is_filtered, refuse, refuse_privileges
from preview_worker.sandbox.self_test import found_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What a process may still do.

    Attributes:
        wanted: With ``none`` it stays as it is.
        limits: Bounds of its resources.
        readable: Files and folders it reads, beside Python's and the system's code.
        writable: Folders in which it makes, changes and removes files; all of them exist.
        forks: Whether it starts processes, which are confined as it is.
    """

    wanted: WantedSandbox = "auto"
    limits: Mapping[Resource, int] = field(default_factory=dict)
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    forks: bool = False


def confine(confinement: Confinement) -> SandboxLevel:
    """Shut this process in for life; to be called before its first thread, and before it reads anything foreign.

    Returns:
        What holds now, found out by trying.
    """
    if confinement.wanted == "none" or sys.platform == "win32":
        return SandboxLevel.NONE
    limit_resources(confinement.limits)
    if sys.platform != "linux":
        return SandboxLevel.LIMITS
    with contextlib.suppress(OSError):
        leave_network()
    with contextlib.suppress(OSError):
        drop_capabilities()
    with contextlib.suppress(OSError):
        refuse_privileges()
    if _is_single_thread():  # others would stay as they are
        with contextlib.suppress(OSError):
            confine_files(readable=(*code_paths(), *confinement.readable), writable=confinement.writable)
    with contextlib.suppress(OSError):
        refuse(REFUSALS if confinement.forks else (*REFUSALS, *NO_PROCESSES))
    return found_level()


def start_no_processes() -> None:
    """From now on this process starts no other one; where calls aren't filtered, it stays as it is."""
    if is_filtered():
        refuse(NO_PROCESSES)


def _is_single_thread() -> bool:
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False
