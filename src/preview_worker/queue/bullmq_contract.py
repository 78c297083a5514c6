"""What we rely on in the installed bullmq: keys, scripts with their number of keys, and job fields.

A test holds this page against the package, so a new version that moves one of them fails there and not in a queue.
"""

from __future__ import annotations

from typing import Final

JOB_NAME: Final = "render-preview"
DEFAULT_PREFIX: Final = "bull"

KEYS: Final = (
    "",
    "wait",
    "paused",
    "active",
    "prioritized",
    "delayed",
    "completed",
    "failed",
    "stalled",
    "stalled-check",
    "marker",
    "meta",
    "events",
    "pc",
    "id",
    "limiter",
    "repeat",
)
"""Suffixes of ``<prefix>:<queue>:``. The job hash is ``<prefix>:<queue>:<id>``, its lock that plus ``:lock``."""

SCRIPTS: Final[dict[str, int]] = {
    "addPrioritizedJob": 9,
    "addStandardJob": 9,
    "moveToActive": 11,
    "moveToDelayed": 11,
    "moveToFinished": 14,
    "moveStalledJobsToWait": 9,
    "extendLocks": 1,
    "updateProgress": 3,
    "getCounts": 1,
}
"""Script → number of its KEYS, as its file name says."""

ADD_KEYS: Final = ("marker", "meta", "id", "prioritized", "delayed", "completed", "active", "events", "pc")
"""KEYS of addPrioritizedJob in order; our admission runs it with these first."""

ADD_ARGUMENTS: Final = 3
"""addPrioritizedJob's arguments: packed head, data as JSON, packed options (where we set the priority)."""

FAIL_KEYS: Final = (
    "wait",
    "active",
    "prioritized",
    "events",
    "stalled",
    "limiter",
    "delayed",
    "paused",
    "meta",
    "pc",
    "failed",
    "",
    "metrics:failed",
    "marker",
)
"""KEYS of moveToFinished, for a failure, in order; the empty one is the job's hash."""

LETTER_KEYS: Final = ("wait", "paused", "meta", "id", "completed", "delayed", "active", "events", "marker")
"""KEYS of addStandardJob in order; dead letters are added with it."""

JOB_FIELDS: Final = (
    "data",
    "opts",
    "timestamp",
    "priority",
    "progress",
    "atm",
    "stc",
    "processedOn",
    "finishedOn",
    "failedReason",
    "returnvalue",
)
"""Fields of the job hash we read. Numbers are decimal text; data, opts, progress and returnvalue are JSON."""
