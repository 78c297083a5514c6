"""The worker process: its objects."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from functools import partial
from typing import Any

from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.library import AssetLibrary
from preview_worker.bootstrap.connections import open_connections
from preview_worker.bootstrap.disk import claimed_disk, cleaner_of, retention_of
from preview_worker.bootstrap.processes import render_pool
from preview_worker.bootstrap.version import product_version
from preview_worker.bootstrap.voices import speaker_of
from preview_worker.config.settings import Settings
from preview_worker.faults import FaultPoint, Reached, go_on
from preview_worker.observability.logs import logger
from preview_worker.observability.metrics import Metrics
from preview_worker.posix import usable_cores
from preview_worker.probes.server import ProbeServer
from preview_worker.queue.bullmq_connections import QueueAddress, connect
from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming, WorkerName
from preview_worker.queue.bullmq_dead_letters import BullmqDeadLetters
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.server_rules import refuse_lossy_server
from preview_worker.render.facts import FACTS_REVISION
from preview_worker.render.fork_server import ForkServer
from preview_worker.state.casualties import Casualties
from preview_worker.state.commit import CommitGate
from preview_worker.state.fence import JobFence
from preview_worker.state.records import TOMBSTONE_S, JobRecords
from preview_worker.state.workers import WorkerHeartbeats
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.history import History
from preview_worker.storage.janitor import Tenancy, sweep
from preview_worker.storage.jobs import JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.reservations import Reservations
from preview_worker.worker.attempt import AttemptRunner
from preview_worker.worker.company import Company
from preview_worker.worker.handler import JobHandler
from preview_worker.worker.heartbeat import Bench, Pulse
from preview_worker.worker.holding import Holding
from preview_worker.worker.letter_archive import LetterArchive
from preview_worker.worker.pool import RenderPool
from preview_worker.worker.publication import Publisher
from preview_worker.worker.room import Room
from preview_worker.worker.scrubbing import keep_scrubbing
from preview_worker.worker.service import WorkerService
from preview_worker.worker.workshop import Workshop

DAY_S = 86_400


async def run_worker(
    settings: Settings,
    *,
    timing: ConsumerTiming | None = None,
    reached: Reached = go_on,
    server: ForkServer | None = None,
) -> None:
    """Run one worker until it is told to stop.

    Args:
        settings: Of the service.
        timing: Intervals of the queue's consumer, where not the usual ones.
        reached: Told of fault points.
        server: To fork render processes from, where somebody has one; otherwise the worker has its own.
    """
    places = Places(settings.data_dir)
    if swept := await asyncio.to_thread(sweep, places):
        logger("worker").info("leftovers-removed", owners=swept)
    with Tenancy(places) as tenancy:
        pool = render_pool(settings, tenancy.work, idle_max=max(1, settings.concurrency), server=server)
        await _run(settings, places, tenancy, pool, timing, reached)


async def _run(
    settings: Settings,
    places: Places,
    tenancy: Tenancy,
    pool: RenderPool,
    timing: ConsumerTiming | None,
    reached: Reached,
) -> None:
    metrics, bench = Metrics(version=product_version()), Bench()
    metrics.slots.set(settings.concurrency)
    record_ttl_s = settings.retention_days * DAY_S + TOMBSTONE_S
    guard = await asyncio.to_thread(claimed_disk, settings)
    room = Room(guard, Reservations(places, tenancy.owner))
    async with open_connections(settings) as connections:
        records = JobRecords(connections.client, connections.keys)
        casualties = Casualties(connections.client, connections.keys)
        library = AssetLibrary(inline_dir=places.inline, fetcher=Fetcher(settings.asset_hosts))
        workshop = Workshop(
            places=places,
            tenancy=tenancy,
            library=library,
            facts=FactsCache(places.facts, FACTS_REVISION),
            records=records,
            fences=JobFence(connections.client, connections.keys),
            publisher=Publisher(
                places=places,
                job_files=JobFiles(places.jobs),
                commits=CommitGate(connections.client, connections.keys),
                retention=retention_of(settings),
                record_ttl_s=record_ttl_s,
                reached=reached,
            ),
            history=History(places),
            pool=pool,
            speaker=speaker_of(settings, library),
            company=Company(casualties),
            metrics=metrics,
            bench=bench,
            room=room,
            cache_bytes=settings.cache_bytes,
            cores=usable_cores(),
            max_duration_ms=settings.max_duration_s * 1000,
            job_timeout_s=settings.job_timeout_s,
            record_ttl_s=record_ttl_s,
            fonts_dir=settings.fonts_dir,
            reached=reached,
        )
        worker_id = f"{socket.gethostname()}-{os.getpid()}"
        address = QueueAddress(url=connections.redis_url, queue_name=settings.queue_name, prefix=settings.queue_prefix)
        async with BullmqProducer(address) as producer, connect(address.url, socket_timeout_s=2.0) as client:
            await refuse_lossy_server(producer)
            service = WorkerService(
                consumer=BullmqConsumer(
                    address,
                    concurrency=settings.concurrency,
                    worker=WorkerName(name=worker_id, version=product_version()),
                    timing=timing,
                    observe=partial(_observe, reached),
                ),
                handler=JobHandler(
                    runner=AttemptRunner(workshop),
                    records=records,
                    casualties=casualties,
                    metrics=metrics,
                    bench=bench,
                    record_ttl_s=record_ttl_s,
                    reached=reached,
                ),
                hold=Holding({"disk": room.hindrance, "render-start": pool.hindrance}, bench, metrics),
                pool=pool,
                pulse=Pulse(
                    WorkerHeartbeats(connections.client, connections.keys),
                    worker_id=worker_id,
                    slots=settings.concurrency,
                    bench=bench,
                ),
                probes=ProbeServer(producer=producer, metrics=metrics, port=settings.probe_port),
                metrics=metrics,
                cleaner=cleaner_of(settings, guard),
                scrubbing=partial(keep_scrubbing, places, metrics, settings.scrub_bps),
                archive=LetterArchive(
                    letters=BullmqDeadLetters(client, address),
                    folder=places.dead_letters,
                    most=settings.dead_letters_max,
                ),
                drain_s=settings.drain_s,
            )
            await service.run()


def _observe(reached: Reached, event: str, fields: Mapping[str, Any]) -> None:
    if event == "settled":
        reached(FaultPoint.SETTLED, str(fields["job_id"]))
        return
    logger("queue").warning(event, **dict(fields))
