"""The generator: it posts each job until the queue has acknowledged it, and tells the history when that was."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any, Final

from preview_worker.chaos.history import Lines
from preview_worker.chaos.intake import Intake
from preview_worker.chaos.payloads import payload_of
from preview_worker.errors import QueueUnavailableError

AGAIN_S: Final = 0.1
"""Before the next try while the queue is full or its server away."""


def mixed(jobs: int, renders: int, *, steps: int = 1) -> Iterator[dict[str, Any]]:
    """So many jobs, of which so many are rendered, spread evenly, and the others planned."""
    for number in range(jobs):
        render = (number + 1) * renders // jobs > number * renders // jobs
        yield payload_of(number, dry_run=not render, steps=steps if render else 1)


async def generate(payloads: Iterable[dict[str, Any]], intake: Intake, history: Lines) -> int:
    """Post every job, one after the other; returns how many were acknowledged, which is all of them."""
    acknowledged = 0
    for payload in payloads:
        while not await _added(payload, intake):  # noqa: ASYNC110 - a full queue tells nobody
            await asyncio.sleep(AGAIN_S)
        acknowledged += 1
        history.add("acknowledged", job=payload["jobId"], project=payload["projectId"], dry_run=payload["dryRun"])
    return acknowledged


async def _added(payload: dict[str, Any], intake: Intake) -> bool:
    try:
        return await intake.add(payload)
    except QueueUnavailableError:
        return False
