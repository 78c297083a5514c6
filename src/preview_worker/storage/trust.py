"""Whether the wall clock may be believed when files are removed for their age.

What is known of the clock is written down at each look: its time, and how long the machine had been up, which no step
of the clock changes. The next look compares how far both have come. Where they differ, or where the machine was started
anew and the clock is back or more than a day ahead, or where a file is from the future, nothing is removed until the
machine has been up for as long as files are kept: by then whatever stood there at the step has truly aged. An operator
may say earlier that the clock is right.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from preview_worker.storage.atomic import write_json

STEP_MS: Final = 5_000
"""Clocks that are slewed differ from the uptime by 0.05 %: 2 s an hour."""
LONGEST_BREAK_MS: Final = 86_400_000
"""A machine that was off for longer isn't believed without proof: its clock may have started anywhere."""
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The clocks at one moment: since the epoch, and since the machine `boot` was started (with its sleep)."""

    wall_ms: int
    up_ms: int
    boot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is remembered: the last reading, and how much more uptime it takes until the clock is believed."""

    wall_ms: int
    up_ms: int
    boot: str
    doubt_ms: int
    why: str


_TRUST: Final = TypeAdapter(Trust)


def read_clocks() -> Reading:
    """The clocks now; where the system tells of no boot, each process counts as one."""
    boot = ""
    with suppress(OSError):
        boot = _BOOT_ID.read_text().strip()
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return Reading(wall_ms=time.time_ns() // 10**6, up_ms=time.clock_gettime_ns(clock) // 10**6, boot=boot)


class ClockTrust:
    """Keeps what is known of the clock in a file. All methods block.

    Args:
        path: The file.
        settle_ms: Longest time that anything is kept.
        read: The clocks.
    """

    def __init__(self, path: Path, settle_ms: int, read: Callable[[], Reading] = read_clocks) -> None:
        self._path = path
        self._settle_ms = settle_ms
        self._read = read

    def look(self, newest_ms: int = 0) -> tuple[int, str | None]:
        """The wall clock in ms since the epoch, and why it isn't believed; None: it is.

        Args:
            newest_ms: When the newest file was written, by its own time.

        Raises:
            StorageError: What is known now can't be written down (transient).
        """
        now, before = self._read(), self._remembered()
        found = _compared(before, now, newest_ms, self._settle_ms)
        write_json(self._path, asdict(found), synced=False)
        return now.wall_ms, found.why or None

    def confirm(self) -> None:
        """Somebody has looked at the clock: it is right."""
        now = self._read()
        write_json(self._path, asdict(Trust(**asdict(now), doubt_ms=0, why="")))

    def _remembered(self) -> Trust | None:
        try:
            return _TRUST.validate_json(self._path.read_bytes(), strict=True)
        except (OSError, ValidationError):
            return None


def _compared(before: Trust | None, now: Reading, newest_ms: int, settle_ms: int) -> Trust:
    fresh = Trust(**asdict(now), doubt_ms=settle_ms, why="")
    if newest_ms > now.wall_ms + STEP_MS:
        return replace(fresh, why="the newest file is from the future: the clock was set back")
    if before is None:
        return replace(fresh, why="nothing is known yet of the clock's past")
    walked_ms, up_ms = now.wall_ms - before.wall_ms, now.up_ms - before.up_ms
    if now.boot != before.boot:
        if not -STEP_MS <= walked_ms <= LONGEST_BREAK_MS:
            return replace(fresh, why="the clock moved by more than a day, or back, while the machine was off")
        up_ms = 0  # nobody knows how long it really was off
    elif abs(walked_ms - up_ms) > STEP_MS + up_ms // 1000:
        return replace(fresh, why="the clock was set to another time")
    left_ms = max(0, before.doubt_ms - up_ms)
    return replace(fresh, doubt_ms=left_ms, why=before.why if left_ms else "")
