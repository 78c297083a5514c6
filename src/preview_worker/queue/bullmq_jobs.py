"""Reading BullMQ's job hashes, whoever wrote them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from preview_worker.queue.bullmq_withdrawal import CANCELLED_MARK
from preview_worker.queue.port import JobState, QueuedJob

DEFAULT_ATTEMPTS: Final = 5
"""For jobs whose producer named none, or 0: the service's own number."""

MAXIMUM_ATTEMPTS: Final = 1_000
"""Whoever asks for more gets as many."""

MAXIMUM_REASON_CHARACTERS: Final = 2_000

MAXIMUM_NESTING: Final = 100
"""Arrays and objects within one another; Python copies what is deeper only as far as its stack goes."""

_CODED_REASON: Final = re.compile(r"([a-z][a-z0-9]*(?:-[a-z0-9]+)*): (.*)", re.DOTALL)


def storable(text: str, maximum_characters: int) -> str:
    """Cut a text and replace what UTF-8 can't carry (a lone surrogate would raise inside the client)."""
    return text[:maximum_characters].encode("utf-8", "replace").decode("utf-8")


def coded_reason(code: str, sentence: str) -> str:
    """Return the text stored as BullMQ's failedReason: readable in any dashboard, and split again when we read it."""
    return storable(f"{code}: {sentence}", MAXIMUM_REASON_CHARACTERS)


def split_reason(reason: str | None) -> tuple[str | None, str | None]:
    """Return (code, sentence) of a failedReason; a foreign one has no code."""
    if not reason:
        return None, None
    match = _CODED_REASON.fullmatch(reason)
    return (match.group(1), match.group(2)) if match else (None, reason)


def json_object(text: str | None) -> dict[str, Any] | None:
    """Parse a JSON object; None for anything else, since foreign producers may store what they like.

    Numbers that JSON can't say (NaN, Infinity, or ones so large that they become that) are nothing that could be
    written again, so whatever holds one is no JSON object either, nor is what is nested too deeply.
    """
    try:
        value = json.loads(text or "", parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and _is_flat(value) else None


def whole_number(text: object) -> int:
    """Read a stored number; 0 for anything else."""
    try:
        return int(float(str(text)))
    except (ValueError, OverflowError):
        return 0


def allowed_attempts(options: Mapping[str, Any] | None) -> int:
    """Return how many runs a job's options allow: none or 0 means the service's default, and there is a most."""
    attempts = whole_number((options or {}).get("attempts"))
    return min(attempts, MAXIMUM_ATTEMPTS) if attempts > 0 else DEFAULT_ATTEMPTS


def queued_job(job_id: str, fields: Mapping[str, str], state: JobState, position: int | None) -> QueuedJob:
    """Build our view of a job from its hash (`JOB_FIELDS`)."""
    failed_code, failed_reason = split_reason(fields.get("failedReason"))
    return QueuedJob(
        job_id=job_id,
        state=state,
        payload=json_object(fields.get("data")) or {},
        attempts_made=whole_number(fields.get("atm")),
        attempts=allowed_attempts(json_object(fields.get("opts"))),
        priority=whole_number(fields.get("priority")),
        position=position,
        progress=json_object(fields.get("progress")) or {},
        created_at_ms=whole_number(fields.get("timestamp")),
        processed_on_ms=whole_number(fields.get("processedOn")) or None,
        finished_on_ms=whole_number(fields.get("finishedOn")) or None,
        failed_code=failed_code,
        failed_reason=failed_reason,
        return_value=json_object(fields.get("returnvalue")),
        marked_cancelled=CANCELLED_MARK in fields,
    )


def place_of(answers: Sequence[Any]) -> tuple[JobState, int | None] | None:
    """Derive state and position from the look-ups of `BullmqProducer.job`.

    Args:
        answers: Score in completed, score in failed, score in delayed, index in active, length of wait, index in wait
            (0 is the newest), rank in prioritized, index in paused; each None where absent.

    Returns:
        The state, and the position from 1 while queued; None for a job that stands nowhere.
    """
    completed, failed, delayed, active, waiting, wait_index, rank, paused = answers
    states = ((completed, JobState.COMPLETED), (failed, JobState.FAILED), (delayed, JobState.DELAYED))
    for found, state in (*states, (active, JobState.ACTIVE)):
        if found is not None:
            return state, None
    if wait_index is not None:
        return JobState.QUEUED, waiting - wait_index
    if rank is not None:
        return JobState.QUEUED, waiting + rank + 1
    return (JobState.QUEUED, None) if paused is not None else None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is no number of JSON's")
    return number


def _is_flat(value: Any) -> bool:
    """Whether a value is nested as deep as `MAXIMUM_NESTING` at most."""
    level = [value]
    for _ in range(MAXIMUM_NESTING):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return True
    return False
