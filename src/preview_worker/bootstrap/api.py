"""The API process: its objects, its server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from preview_worker.api.app import create_app
from preview_worker.api.server import serve_app
from preview_worker.api.service import Service
from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.library import AssetLibrary
from preview_worker.bootstrap.connections import open_connections
from preview_worker.bootstrap.disk import claimed_disk
from preview_worker.bootstrap.frame import open_frames
from preview_worker.bootstrap.version import product_version
from preview_worker.config.settings import Settings
from preview_worker.errors import ConfigurationError
from preview_worker.observability.metrics import Metrics
from preview_worker.probes.health import Stated
from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.port import AdmissionGate
from preview_worker.queue.server_rules import refuse_lossy_server
from preview_worker.state.records import TOMBSTONE_S, JobRecords
from preview_worker.state.workers import WorkerHeartbeats
from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.jobs import JobFiles
from preview_worker.storage.places import Places

DEFAULT_ATTEMPTS = 5
DAY_S = 86_400
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncIterator[Service]:
    """What the routes work with, connected; closed on exit."""
    version = product_version()
    places = Places(settings.data_dir)
    with storage_errors("create DATA_DIR"):
        places.root.mkdir(parents=True, exist_ok=True)
    disk = await asyncio.to_thread(claimed_disk, settings)
    async with open_connections(settings) as connections:
        address = QueueAddress(url=connections.redis_url, queue_name=settings.queue_name, prefix=settings.queue_prefix)
        library = AssetLibrary(inline_dir=places.inline, fetcher=Fetcher(settings.asset_hosts))
        async with BullmqProducer(address) as producer, open_frames(settings, places, library) as frames:
            yield Service(
                producer=producer,
                gate=AdmissionGate(
                    queue_max=settings.queue_max,
                    record_ttl_s=settings.retention_days * DAY_S + TOMBSTONE_S,
                ),
                records=JobRecords(connections.client, connections.keys),
                workers=WorkerHeartbeats(connections.client, connections.keys),
                library=library,
                places=places,
                disk=disk,
                job_files=JobFiles(places.jobs),
                metrics=Metrics(version=version),
                version=version,
                queue_name=settings.queue_name,
                stated=Stated(
                    sandbox=settings.sandbox,
                    policy=None if settings.redis_assume == "nothing" else settings.redis_assume,
                ),
                max_duration_ms=settings.max_duration_s * 1000,
                default_attempts=DEFAULT_ATTEMPTS,
                frames=frames,
            )


async def serve_api(settings: Settings) -> None:
    """Serve HTTP until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: The address isn't loopback: without access keys nothing else is served; or it is in use; or
            Redis would drop jobs (permanent).
    """
    if settings.host not in LOOPBACK:
        raise ConfigurationError(
            f"PREVIEW_HOST={settings.host} would serve other machines without access keys; use 127.0.0.1."
        )
    async with open_service(settings) as service:
        await refuse_lossy_server(service.producer)
        await serve_app(create_app(service), host=settings.host, port=settings.port)
