"""Running consumers in tests."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

from preview_worker.queue.delivery import never_hold
from preview_worker.queue.fairness import Band
from preview_worker.queue.port import AdmissionGate, NewJob

ROOMY = AdmissionGate(queue_max=1000, record_ttl_s=3600)


def new_job(job_id, *, project="project", digest="digest", band=Band.NORMAL, attempts=3, payload=None, **more):
    return NewJob(
        job_id=job_id,
        project_id=project,
        digest=digest,
        payload={"jobId": job_id} if payload is None else payload,
        band=band,
        attempts=attempts,
        request_id="request",
        **more,
    )


async def until(condition, *, deadline_s=30.0):
    """Poll an async condition; returns its first true value."""
    give_up_at_s = time.monotonic() + deadline_s
    while True:
        value = await condition()
        if value:
            return value
        if time.monotonic() > give_up_at_s:
            raise TimeoutError("the condition never held")
        await asyncio.sleep(0.005)


def in_state(producer, job_id, state):
    """Return a condition for `until`: the job stands in that state."""

    async def condition():
        job = await producer.job(job_id)
        return job if job is not None and job.state is state else None

    return condition


@asynccontextmanager
async def consuming(consumer, handler, *, drain_s=0.0, hold=never_hold):
    """Run a consumer for the length of the block; an error that ended it is raised at the end."""
    running = asyncio.create_task(consumer.run(handler, hold))
    try:
        yield running
    finally:
        await consumer.stop(drain_s)
        await running
