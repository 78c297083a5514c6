"""Fault points: named moments of a job's life, at which a test of faults may end or stop the process.

The worker calls its port at each of them. In the product the port is `go_on`, which does nothing; only the workers that
`preview-worker chaos` starts have another one.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class FaultPoint(StrEnum):
    """The moments, in their order; a plan has no `PLANNED` and no `DRAWING`."""

    TAKEN = "taken"
    """Its lock is ours, nothing has begun."""
    IDENTIFIED = "identified"
    """Its assets are hashed and its record stands; it has no fence yet."""
    FENCED = "fenced"
    STAGED = "staged"
    """Its stage folder is made."""
    PLANNED = "planned"
    """The render process knows what it has to make, and has room promised."""
    DRAWING = "drawing"
    """A piece is made, others may be missing."""
    PRODUCED = "produced"
    """Its files are in the stage."""
    REPORTED = "reported"
    """Its reports are too; it has no manifest yet."""
    LISTED = "listed"
    """The manifest is written."""
    SYNCED = "synced"
    """Its files are on the disk, while Redis decides on the commit."""
    COMMITTED = "committed"
    """Redis has decided that this run publishes."""
    ANNOUNCED = "announced"
    """Its file says that it is about to be published; the rename is next."""
    RENAMED = "renamed"
    PUBLISHED = "published"
    """Its file says that it is completed."""
    REMEMBERED = "remembered"
    """Later previews can be compared with it."""
    FINISHED = "finished"
    """Its record has ended; BullMQ's job hasn't."""
    SETTLED = "settled"
    """BullMQ's job has ended."""


Reached = Callable[[FaultPoint, str], None]
"""Told the point and the job's id, by whichever thread gets there; returns at once, unless it never returns."""


def go_on(_point: FaultPoint, _job_id: str) -> None:
    """What the product does at every point."""
