"""A real worker in the test's own process and event loop."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from preview_worker.bootstrap.worker import run_worker
from preview_worker.config.settings import load_settings
from preview_worker.faults import go_on
from preview_worker.queue.bullmq_consumer import ConsumerTiming
from support.forks import shared_server
from support.processes import environment

PROMPT = ConsumerTiming(wait_s=0.05, pause_poll_s=0.02, retry_s=0.02)


@asynccontextmanager
async def working(address, data_dir, *, reached=go_on, timing=PROMPT, changed=None, server=None, **settings):
    """Run a worker for the length of the block; one that ends before fails the test.

    `changed` are fields of the settings that a reader wouldn't take so small.
    """
    own = {"REDIS_URL": address.url, "PREVIEW_QUEUE_NAME": address.queue_name}
    loaded, _ = load_settings(environment(data_dir, **own, **settings))
    loaded = replace(loaded, **(changed or {}))
    running = asyncio.create_task(
        run_worker(loaded, timing=timing, reached=reached, server=server or shared_server()), name="worker"
    )
    try:
        yield
    finally:
        if running.done():
            running.result()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
