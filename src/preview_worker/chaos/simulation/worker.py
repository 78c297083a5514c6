"""A simulated worker: the objects that a real one is built of, on the simulated server and disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis

from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.library import AssetLibrary
from preview_worker.chaos.simulation.history import History
from preview_worker.chaos.simulation.process import SimulatedProcess
from preview_worker.chaos.simulation.watcher import Watcher
from preview_worker.observability.metrics import Metrics
from preview_worker.queue.backoff import Backoff
from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.queue.bullmq_consumer import BullmqConsumer, ConsumerTiming
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.delivery import Delivery, Failed, Outcome
from preview_worker.render.facts import FACTS_REVISION
from preview_worker.state.casualties import Casualties
from preview_worker.state.commit import CommitGate
from preview_worker.state.fence import JobFence
from preview_worker.state.keys import StateKeys
from preview_worker.state.records import JobRecords
from preview_worker.storage.disk import Space
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.history import History as PreviewHistory
from preview_worker.storage.janitor import Tenancy, sweep
from preview_worker.storage.jobs import JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.reservations import Reservations, promised_bytes
from preview_worker.storage.retention import Retention
from preview_worker.storage.watermarks import DiskGuard, Watermark, Watermarks
from preview_worker.worker.attempt import AttemptRunner
from preview_worker.worker.company import Company
from preview_worker.worker.handler import JobHandler
from preview_worker.worker.heartbeat import Bench
from preview_worker.worker.publication import Publisher
from preview_worker.worker.room import Room
from preview_worker.worker.workshop import Workshop

RECORD_TTL_S = 37 * 86_400
CONCURRENCY = 2
"""Jobs of one worker at once."""
_DAY_MS = 86_400_000
_GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a worker is built of; tests put broken ones in, to see that they are found.

    Attributes:
        publisher: Publishes.
        sweep: Removes what dead processes left.
        altered: Changes a Lua script before the server runs it.
        producer: Admits jobs.
    """

    publisher: Callable[..., Publisher] = Publisher
    sweep: Callable[[Places], Any] = sweep
    altered: Callable[[str], str] = lambda text: text
    producer: Callable[[QueueAddress], BullmqProducer] = BullmqProducer


class _RoomyDisk:
    def look(self) -> Space:
        return Space(free_bytes=100 * _GIB, total_bytes=200 * _GIB, free_files=10**6, total_files=10**7)


class SimulatedWorker:
    """One process that takes jobs until it dies.

    Args:
        process: Its process.
        address: The queue, with a connector that leads to the simulated server.
        places: Folders below DATA_DIR.
        watcher: Told whose unfinished work is where.
        history: Told how runs end.
        metrics: Counted as in a real worker.
        backoff: Delay before a retry.
        parts: What it is built of.
    """

    def __init__(  # noqa: PLR0913 - a process is built of these
        self,
        process: SimulatedProcess,
        address: QueueAddress,
        places: Places,
        *,
        watcher: Watcher,
        history: History,
        metrics: Metrics,
        backoff: Backoff,
        parts: Parts,
    ) -> None:
        self.process = process
        self.bench = Bench()
        self._address = address
        self._places = places
        self._watcher = watcher
        self._history = history
        self._metrics = metrics
        self._parts = parts
        self._consumer = BullmqConsumer(
            address,
            concurrency=CONCURRENCY,
            timing=ConsumerTiming(clock=process.now_s),
            backoff=backoff,
            observe=self._observe,
        )

    async def run(self) -> None:
        """Be a worker; returns after `stop`."""
        with ExitStack() as stack:
            await asyncio.to_thread(self._parts.sweep, self._places)
            tenancy = Tenancy(self._places)
            self.process.at_death.append(tenancy.abandon)
            stack.enter_context(tenancy)
            self._watcher.owners[tenancy.owner] = self.process
            client = self._address.client(socket_timeout_s=2.0)
            handler = self._handler(client, tenancy)

            async def handle(delivery: Delivery) -> Outcome:
                outcome = await handler(delivery)
                self._ended(delivery, outcome)
                return outcome

            await self._consumer.run(handle)

    async def stop(self, drain_s: float) -> None:
        """End in good order."""
        await self._consumer.stop(drain_s)

    def _ended(self, delivery: Delivery, outcome: Outcome) -> None:
        code = outcome.code if isinstance(outcome, Failed) else type(outcome).__name__
        self._history.add("run-ended", delivery.job_id, self.process.name, code, self.process.disk_failures)

    def _observe(self, event: str, fields: Any) -> None:
        self._history.add(event, str(fields.get("job_id", "")), self.process.name, str(fields.get("error", "")))

    def _handler(self, client: Redis, tenancy: Tenancy) -> JobHandler:
        keys = StateKeys(queue_name=self._address.queue_name, prefix=self._address.prefix)
        records, casualties = JobRecords(client, keys), Casualties(client, keys)
        return JobHandler(
            runner=AttemptRunner(self._workshop(client, keys, records, casualties, tenancy)),
            records=records,
            casualties=casualties,
            metrics=self._metrics,
            bench=self.bench,
            record_ttl_s=RECORD_TTL_S,
        )

    def _workshop(
        self, client: Redis, keys: StateKeys, records: JobRecords, casualties: Casualties, tenancy: Tenancy
    ) -> Workshop:
        places = self._places
        publisher = self._parts.publisher(
            places=places,
            job_files=JobFiles(places.jobs),
            commits=CommitGate(client, keys),
            retention=Retention(preview_ms=7 * _DAY_MS, plan_ms=_DAY_MS, failed_ms=7 * _DAY_MS),
            record_ttl_s=RECORD_TTL_S,
        )
        nobody = cast("Any", None)  # dry runs without assets: nothing is rendered, spoken or fetched
        return Workshop(
            places=places,
            tenancy=tenancy,
            library=AssetLibrary(inline_dir=places.inline, fetcher=Fetcher(frozenset())),
            facts=FactsCache(places.facts, FACTS_REVISION),
            records=records,
            fences=JobFence(client, keys),
            publisher=publisher,
            history=PreviewHistory(places),
            pool=nobody,
            speaker=nobody,
            company=Company(casualties),
            metrics=self._metrics,
            bench=self.bench,
            room=Room(roomy_guard(places), Reservations(places, tenancy.owner)),
            cache_bytes=_GIB,
            cores=2,
            max_duration_ms=1_800_000,
            job_timeout_s=600.0,
            record_ttl_s=RECORD_TTL_S,
            fonts_dir=None,
            clock=self.process.now_s,
        )


def roomy_guard(places: Places) -> DiskGuard:
    """A guard of a disk that is never short."""
    mark = Watermark(size_bytes=_GIB)
    marks = Watermarks(cleaning=mark, admission=mark, fetching=mark)
    return DiskGuard(_RoomyDisk(), marks, lambda: promised_bytes(places))
