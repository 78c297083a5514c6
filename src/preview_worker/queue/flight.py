"""One job from the moment this worker locked it until its outcome is stored."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from preview_worker.errors import LockLostError, PreviewError, QueueUnavailableError
from preview_worker.queue.delivery import (
    Completed,
    Delivery,
    Failed,
    HandBack,
    Handler,
    Observer,
    Outcome,
    StopReason,
    StopSignal,
)
from preview_worker.queue.settler import UNSTORABLE, UNWRITABLE, Settler, TakenJob

SETTLE_WITHIN_S: Final = 60.0
"""An outcome Redis refuses for that long is dropped; the job then comes back as stalled and uses no attempt."""

SETTLE_LATE_S: Final = 0.2
"""For an outcome that comes when its consumer should be gone: a handler took its time although it was cancelled."""

_UNSTORED: Final = Failed(
    code="internal", sentence="How the run ended can't be stored; the worker's log has the details.", retryable=False
)


class Flight:
    """Runs the handler for one job and stores what comes out.

    Args:
        job: The job.
        settler: Stores outcome, progress and log.
        lock_renewed_at_s: Monotonic time before the request that locked the job; the consumer moves it on.
        lock_duration_s: Life of the lock from then on; infinite for an adapter whose locks don't run out.
        clock: Monotonic seconds, read by any thread.
        retry_s: Before the next try to store an outcome while Redis is away.
        observe: Guarded observer; hears `settled` once an outcome is stored.
    """

    def __init__(
        self,
        job: TakenJob,
        settler: Settler,
        *,
        lock_renewed_at_s: float,
        lock_duration_s: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
        retry_s: float,
        observe: Observer,
    ) -> None:
        self.job = job
        self.lock_renewed_at_s = lock_renewed_at_s
        self._lock_duration_s = lock_duration_s
        self._clock = clock
        self.stop = StopSignal()
        self.settling = False
        self._settler = settler
        self._retry_s = retry_s
        self._observe = observe
        self._handling: asyncio.Task[Outcome] | None = None
        self._handler_cancelled = False
        self._gone_at_s: float | None = None
        self._settle_timeout: asyncio.Timeout | None = None

    async def fly(self, handler: Handler) -> None:
        """Run the job to its end; nothing the handler does makes this raise."""
        outcome = self._refusal() or self._postponement() or await self._run(handler)
        self.settling = True
        await self._settle(outcome)

    def lock_left_s(self) -> float:
        """How long the lock is surely ours, by the monotonic clock; below 0 when another worker may own the job."""
        return self.lock_renewed_at_s + self._lock_duration_s - self._clock()

    def hand_back(self, gone_at_s: float) -> None:
        """Ask the handler to end, since the consumer leaves, and store its outcome by then or not.

        What isn't stored is found again: a job that was handed back comes as a dead worker's, and what is published
        stands.

        Args:
            gone_at_s: When the consumer has to be gone, by the loop's clock.
        """
        self.stop.request(StopReason.HAND_BACK)
        self._gone_at_s = gone_at_s
        if self._settle_timeout is not None and self._settle_timeout.when() is None:
            self._settle_timeout.reschedule(self._settle_by_s())

    def cancel_handler(self) -> None:
        """Cancel a handler that didn't end when asked to; its job is then handed back, or ends if it was cancelled."""
        if self._handling is not None:
            self._handler_cancelled = True
            self._handling.cancel()

    def _refusal(self) -> Failed | None:
        """Fail jobs that no handler should see."""
        if self.job.deferred_failure:
            return Failed(code="stalled", sentence=self.job.deferred_failure, retryable=False)
        if self.job.payload is None:
            return Failed(code="invalid-payload", sentence="Payload must be an object", retryable=False)
        return None

    def _postponement(self) -> HandBack | None:
        """Don't begin what was taken while the consumer left."""
        return HandBack(reason="the worker shuts down") if self._gone_at_s is not None else None

    async def _run(self, handler: Handler) -> Outcome:
        # A task of its own: a CancelledError that leaves the handler ends that task and not the worker.
        handling = asyncio.create_task(_awaited(handler, self._delivery()), name=f"handle-{self.job.job_id}")
        self._handling = handling
        try:
            await asyncio.wait({handling})
        except asyncio.CancelledError:
            handling.cancel()
            await asyncio.wait({handling})
            raise
        if handling.cancelled():
            return self._cancelled_outcome()
        error = handling.exception()
        return _checked(handling.result()) if error is None else self._failure(error)

    def _cancelled_outcome(self) -> Outcome:
        if self._handler_cancelled or self.stop.reason is StopReason.HAND_BACK:
            return HandBack(reason="the handler was cancelled at shutdown")
        self._observe("handler-raised", {"job_id": self.job.job_id, "error": "CancelledError"})
        return Failed(code="internal", sentence="The run was cancelled from inside.", retryable=True)

    def _failure(self, error: BaseException) -> Failed:
        if isinstance(error, PreviewError):
            return Failed(
                code=error.code,
                sentence=error.sentence,
                retryable=error.retryable,
                pointer=error.pointer,
                step_id=error.step_id,
            )
        self._observe("handler-raised", {"job_id": self.job.job_id, "error": repr(error), "exception": error})
        sentence = f"The run ended with an unexpected {type(error).__name__}; the worker's log has the details."
        return Failed(code="internal", sentence=sentence, retryable=True)

    async def _settle(self, outcome: Outcome) -> None:
        settled = False
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._settle_by_s()) as self._settle_timeout:
                settled = await self._settled(outcome)
        self._settle_timeout = None
        if not settled:
            self._observe("outcome-dropped", {"job_id": self.job.job_id, "outcome": type(outcome).__name__})
            return
        if isinstance(outcome, HandBack):
            self._observe("handed-back", {"job_id": self.job.job_id, "reason": outcome.reason})
        self._observe("settled", {"job_id": self.job.job_id})

    def _settle_by_s(self) -> float | None:
        """Until when an outcome may be stored, by the loop's clock; None while the consumer stays."""
        if self._gone_at_s is None:
            return None
        return max(self._gone_at_s, asyncio.get_running_loop().time() + SETTLE_LATE_S)

    async def _settled(self, outcome: Outcome) -> bool:
        """Store the outcome, in need without the job's own options or as a failure; False where it is given up."""
        plain = self._settler.plain(self.job)
        for job, told in ((self.job, outcome), (plain, outcome), (plain, _UNSTORED)):
            try:
                return await self._stored(job, told)
            except UNSTORABLE as error:  # the border of one job: the others and the worker go on
                fields = {
                    "job_id": job.job_id,
                    "outcome": type(told).__name__,
                    "error": repr(error),
                    "exception": error,
                }
                self._observe("settle-failed", fields)
        return False

    async def _stored(self, job: TakenJob, outcome: Outcome) -> bool:
        give_up_at_s = self._clock() + SETTLE_WITHIN_S
        while self.stop.reason is not StopReason.LOCK_LOST and self._clock() < give_up_at_s:
            try:
                await self._settler.settle(job, outcome)
            except LockLostError:
                return False
            except QueueUnavailableError as error:
                self._observe("redis-unreachable", {"during": "settle", "reason": str(error.__cause__)})
                await asyncio.sleep(self._retry_s)
            else:
                return True
        return False

    def _delivery(self) -> Delivery:
        job = self.job
        return Delivery(
            job_id=job.job_id,
            payload=job.payload or {},
            attempt=job.attempts_made + 1,
            attempts=job.attempts,
            stalls=job.stalls,
            priority=job.priority,
            created_at_ms=job.created_at_ms,
            lock_token=job.token,
            stop=self.stop,
            report=self._report,
            log=self._log,
            lock_left_s=self.lock_left_s,
        )

    async def _report(self, progress: Mapping[str, Any]) -> None:
        try:
            await self._settler.report(self.job, progress)
        except (QueueUnavailableError, LockLostError) as error:
            self._observe("report-dropped", {"job_id": self.job.job_id, "reason": str(error)})

    async def _log(self, line: str) -> None:
        try:
            await self._settler.log(self.job, line)
        except (QueueUnavailableError, LockLostError) as error:
            self._observe("report-dropped", {"job_id": self.job.job_id, "reason": str(error)})


async def _awaited(handler: Handler, delivery: Delivery) -> Outcome:
    return await handler(delivery)


def _checked(outcome: Outcome) -> Outcome:
    """Refuse a result that BullMQ could not store, before the attempt to store it burns a run."""
    if isinstance(outcome, Completed):
        try:
            json.dumps(dict(outcome.result), allow_nan=False)
        except UNWRITABLE as error:
            return Failed(code="internal", sentence=f"The result isn't strict JSON: {error}.", retryable=False)
    return outcome
