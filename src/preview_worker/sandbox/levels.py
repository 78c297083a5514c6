"""How far a process is confined, in words that the settings, the health report and the log share."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

WantedSandbox = Literal["auto", "full", "partial", "limits", "none"]
"""The level that must be reached; ``auto``: the best that the system gives. With ``none`` nothing is tried."""


class SandboxLevel(StrEnum):
    """What a confined process has found to hold; each level holds all of the lower ones, and more of it may hold."""

    FULL = "full"
    """It reads its own folder, code, system libraries and fonts, writes below its `out` alone, can't connect to
    anything, starts no program, and is refused some hundred system calls that it doesn't need."""
    PARTIAL = "partial"
    """It can't connect to anything and starts no program, but reads and writes what its user may."""
    LIMITS = "limits"
    """Its memory, processor time, files' sizes and open files are bounded, and it dies with its parent."""
    NONE = "none"
    """Nothing holds it."""


_ASCENDING = (SandboxLevel.NONE, SandboxLevel.LIMITS, SandboxLevel.PARTIAL, SandboxLevel.FULL)
_LACKS = {
    SandboxLevel.PARTIAL: "Landlock, which keeps files out of reach, is missing "
    "(Linux 5.13 or newer with landlock in the kernel's list of security modules)",
    SandboxLevel.LIMITS: "seccomp, which refuses system calls, is missing (Linux on x86-64 or ARM64)",
    SandboxLevel.NONE: "limits of resources are missing (Linux or macOS)",
}


def level_of(word: str) -> SandboxLevel:
    """The level a word means; one that this build doesn't know promises nothing."""
    return SandboxLevel(word) if word in set(SandboxLevel) else SandboxLevel.NONE


def is_enough(level: SandboxLevel, wanted: WantedSandbox) -> bool:
    """Whether a level holds what is wanted."""
    least = SandboxLevel.NONE if wanted == "auto" else SandboxLevel(wanted)
    return _ASCENDING.index(level) >= _ASCENDING.index(least)


def shortfall(level: SandboxLevel, wanted: WantedSandbox) -> str:
    """Why a level isn't enough, and what to do: one sentence for the operator."""
    return (
        f"Render processes reach sandbox level {level} here and PREVIEW_SANDBOX asks for {wanted}: {_LACKS[level]}; "
        f"provide it, or set PREVIEW_SANDBOX={level}."
    )
