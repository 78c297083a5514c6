"""Crashes of the render process, counted by job: the third ends it."""

from __future__ import annotations

from typing import Final

from preview_worker.errors import PoisonError, PreviewError, QueueUnavailableError, RenderCrashError
from preview_worker.observability.logs import logger
from preview_worker.queue.delivery import Delivery
from preview_worker.state.casualties import Casualties

CRASHES_POISON: Final = 3
"""Crashes of the render process within 72 h after which a job isn't run any more."""


async def counted(error: PreviewError, delivery: Delivery, casualties: Casualties) -> PreviewError:
    """The error of a run, or a final one where the render process crashed once too often with the job."""
    try:
        await casualties.calm(delivery.job_id, delivery.stalls)
        if not isinstance(error, RenderCrashError):
            return error
        crashes = await casualties.crashed(delivery.job_id, delivery.lock_token)
    except QueueUnavailableError as unavailable:
        logger("worker").warning("casualties-not-counted", reason=unavailable.sentence)
        return error
    if crashes < CRASHES_POISON:
        return error
    return PoisonError(
        f"The render process crashed {crashes} times within 72 h with this job, at last so: {error.sentence}",
        hint=error.hint,
    )
