"""One delivery from the queue to its outcome.

The handler runs the job as a task of its own and watches for reasons to stop: a lost lock, a shutdown, a cancel. When
one comes, the task is cancelled, which kills the render process and removes what it left.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

import structlog

from preview_worker.errors import (
    InvalidPayloadError,
    LockLostError,
    PreviewError,
    QueueUnavailableError,
    StorageError,
    TransientError,
)
from preview_worker.faults import FaultPoint, Reached, go_on
from preview_worker.observability.logs import logger
from preview_worker.observability.metrics import Metrics
from preview_worker.queue.cancelling import CANCELLED_SENTENCE, superseded_sentence
from preview_worker.queue.delivery import CANCELLED, Completed, Delivery, Failed, HandBack, Outcome, StopReason
from preview_worker.queue.flight import SETTLE_WITHIN_S
from preview_worker.state.casualties import Casualties
from preview_worker.state.records import JobRecords, RecordState
from preview_worker.worker.attempt import AttemptRunner, Done
from preview_worker.worker.crashes import counted
from preview_worker.worker.heartbeat import Bench
from preview_worker.worker.holding import NotYet
from preview_worker.worker.publication import CommitRefused

CANCEL_POLL_S = 0.4
FINISH_RETRY_S = 0.5
"""Before the next try to end a record while Redis is away."""
LOST = HandBack(reason="the job's lock was lost; another worker may own it now")
"""Where the server still knows the lock, which by this process's clock has run out, the job isn't to blame either."""
REST_S = 1.0
"""Before the next job is taken when something of the machine was in the way of one: it would be the same one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stopped(Exception):  # noqa: N818 - a turn of events, not an error
    reason: StopReason


class JobHandler:
    """Handles the deliveries of one worker.

    Args:
        runner: Runs one attempt.
        records: Job records in Redis.
        casualties: What jobs have cost.
        metrics: Counted here: outcomes and durations.
        bench: What runs now, for the heartbeat.
        record_ttl_s: Life of a record that ends here.
        reached: Told of fault points.
    """

    def __init__(
        self,
        *,
        runner: AttemptRunner,
        records: JobRecords,
        casualties: Casualties,
        metrics: Metrics,
        bench: Bench,
        record_ttl_s: int,
        reached: Reached = go_on,
    ) -> None:
        self._runner = runner
        self._records = records
        self._casualties = casualties
        self._metrics = metrics
        self._bench = bench
        self._record_ttl_s = record_ttl_s
        self._reached = reached

    async def __call__(self, delivery: Delivery) -> Outcome:
        """Run one delivery; whatever happens becomes an outcome."""
        started_s = time.monotonic()
        self._reached(FaultPoint.TAKEN, delivery.job_id)
        self._metrics.job_outcomes.labels("started").inc()
        self._bench.running[delivery.job_id] = "assets"
        self._metrics.slots_busy.set(len(self._bench.running))
        with structlog.contextvars.bound_contextvars(job_id=delivery.job_id, attempt=delivery.attempt):
            logger("worker").info("job-started", stalls=delivery.stalls)
            try:
                outcome, label = await self._outcome(delivery)
            finally:
                self._bench.running.pop(delivery.job_id, None)
                self._metrics.slots_busy.set(len(self._bench.running))
            duration_s = time.monotonic() - started_s
            self._metrics.job_outcomes.labels(label).inc()
            self._metrics.job_duration.labels(label).observe(duration_s)
            reason = outcome.sentence if isinstance(outcome, Failed) else None
            logger("worker").info("job-ended", outcome=label, duration_s=round(duration_s, 3), reason=reason)
            self._reached(FaultPoint.FINISHED, delivery.job_id)
        return outcome

    async def _outcome(self, delivery: Delivery) -> tuple[Outcome, str]:
        try:
            done = await self._run_until_stopped(delivery)
        except _Stopped as stopped:
            return await self._stopped(delivery, stopped.reason)
        except CommitRefused:
            return await self._stopped(delivery, StopReason.CANCELLED)
        except (PreviewError, NotYet) as error:
            return await self._ended(delivery, error)
        except Exception as error:  # noqa: BLE001 - the border of a job
            logger("worker").exception("run-ended-unexpectedly", error=repr(error))
            sentence = f"The run ended with an unexpected {type(error).__name__}; the worker's log has the details."
            return await self._failed(delivery, TransientError(sentence, code="internal"))
        await self._finish(delivery, RecordState.COMPLETED)
        return Completed(result=done.result), "dryrun" if done.dry_run else "completed"

    async def _ended(self, delivery: Delivery, error: PreviewError | NotYet) -> tuple[Outcome, str]:
        """What an error makes of the run; what isn't the job's fault uses none of its attempts."""
        match error:
            case NotYet():
                logger("worker").log(error.level, error.event, reason=str(error))
                self._bench.rests_until_s = time.monotonic() + REST_S
                return HandBack(reason=error.reason), "handed-back"
            case QueueUnavailableError():
                logger("worker").warning("job-interrupted", reason=error.sentence)
                return HandBack(reason="Redis didn't answer"), "handed-back"
            case LockLostError():
                logger("worker").warning("job-interrupted", reason=error.sentence)
                return LOST, "lost"
            case _:
                return await self._failed(delivery, error)

    async def _run_until_stopped(self, delivery: Delivery) -> Done:
        run = asyncio.create_task(self._runner.run(delivery), name=f"run-{delivery.job_id}")
        stop = asyncio.create_task(delivery.stop.wait(), name=f"stop-{delivery.job_id}")
        cancel = asyncio.create_task(self._watch_for_cancel(delivery), name=f"cancel-{delivery.job_id}")
        try:
            await asyncio.wait({run, stop}, return_when=asyncio.FIRST_COMPLETED)
            if run.done():
                return run.result()
            raise _Stopped(reason=stop.result())
        finally:
            for task in (run, stop, cancel):
                task.cancel()
            await asyncio.gather(run, stop, cancel, return_exceptions=True)

    async def _watch_for_cancel(self, delivery: Delivery) -> None:
        """Ask from time to time whether the job was cancelled; while Redis is away nobody can have done so.

        A job that ends sooner isn't looked at: its commit sees the flag.
        """
        while True:
            await asyncio.sleep(CANCEL_POLL_S)
            with suppress(QueueUnavailableError):
                if await self._records.called_off(delivery.job_id):
                    delivery.stop.request(StopReason.CANCELLED)
                    return

    async def _stopped(self, delivery: Delivery, reason: StopReason) -> tuple[Outcome, str]:
        match reason:
            case StopReason.HAND_BACK:
                return HandBack(reason="the worker shuts down"), "handed-back"
            case StopReason.LOCK_LOST:
                return LOST, "lost"
            case StopReason.CANCELLED:
                failure = Failed(code=CANCELLED, sentence=await self._why_cancelled(delivery), retryable=False)
                await self._finish(delivery, RecordState.CANCELLED, failure)
                return failure, "cancelled"

    async def _why_cancelled(self, delivery: Delivery) -> str:
        """What is said of a cancelled job; while Redis is away it isn't known whether a newer one replaces it."""
        with suppress(QueueUnavailableError):
            record = await self._records.get(delivery.job_id)
            if record is not None and record.superseded_by:
                return superseded_sentence(record.superseded_by)
        return CANCELLED_SENTENCE

    async def _failed(self, delivery: Delivery, error: PreviewError) -> tuple[Outcome, str]:
        error = await counted(error, delivery, self._casualties)
        final = not error.retryable or delivery.attempt >= delivery.attempts
        # A record that stands ended already, maybe of another job with this id, keeps its word and its file.
        became = await self._finish(delivery, RecordState.FAILED, error) if final else None
        if became is RecordState.CANCELLED:  # a cancel had been accepted before
            return await self._stopped(delivery, StopReason.CANCELLED)
        if became is RecordState.FAILED:
            await self._remember(delivery, error)
        place = f" (step {error.step_id})" if error.step_id else ""
        outcome = Failed(
            code=error.code,
            sentence=f"{error.sentence}{place}",
            retryable=error.retryable,
            pointer=error.pointer,
            step_id=error.step_id,
        )
        if not final:
            return outcome, "retried"
        return outcome, "invalid" if isinstance(error, InvalidPayloadError) else "failed"

    async def _remember(self, delivery: Delivery, error: PreviewError) -> None:
        """Write a failed job's record to the disk; where that fails, the job still ends for its own reason."""
        try:
            await self._runner.remember_failure(delivery, error)
        except (QueueUnavailableError, StorageError) as failure:
            logger("worker").warning("failure-not-written", reason=failure.sentence)

    async def _finish(
        self, delivery: Delivery, state: RecordState, error: PreviewError | Failed | None = None
    ) -> RecordState | None:
        """Write the terminal state into the record, and say what it took; None where it took none.

        An outage is waited out while the lock is ours: the queue's own state can't be stored before either, and one
        without the other would tell two ends of the same job.
        """
        give_up_at_s = time.monotonic() + SETTLE_WITHIN_S
        while True:
            try:
                return await self._records.finish(
                    delivery.job_id,
                    state,
                    ttl_s=self._record_ttl_s,
                    failed_code=error.code if error is not None else "",
                    failed_reason=error.sentence if error is not None else "",
                    # A preview that stands is true, whoever says so.
                    lock_token=delivery.lock_token if state is not RecordState.COMPLETED else "",
                )
            except QueueUnavailableError as unavailable:
                if delivery.stop.reason is StopReason.LOCK_LOST or time.monotonic() > give_up_at_s:
                    logger("worker").warning("record-not-finished", reason=unavailable.sentence)
                    return None
            await asyncio.sleep(FINISH_RETRY_S)
