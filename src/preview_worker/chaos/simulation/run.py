"""The simulation as one call."""

from __future__ import annotations

import asyncio
import logging
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from preview_worker.chaos.simulation.checker import breaches
from preview_worker.chaos.simulation.nemesis import Nemesis
from preview_worker.chaos.simulation.process import SimulatedProcess
from preview_worker.chaos.simulation.worker import RECORD_TTL_S, Parts
from preview_worker.chaos.simulation.world import QUEUE, World
from preview_worker.contract.digest import digest
from preview_worker.errors import QueueUnavailableError
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.fairness import Band
from preview_worker.queue.port import AdmissionGate, NewJob, Refused
from preview_worker.storage.janitor import sweep

QUEUE_MAX: Final = 20
PRODUCERS: Final = 3
WORKERS: Final = 3
PAUSE_S: Final = 1.0
_INVALID_RATIO: Final = 0.03
_CANCELLED_RATIO: Final = 0.03
_ATTEMPTS: Final = 20
_SETTLE_WITHIN_S: Final = 1800.0
_FASTEST: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made there


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What came of a simulation.

    Attributes:
        seed: Its seed.
        jobs: Jobs that were accepted.
        violations: Broken promises, in the order in which they were seen.
        counts: How often what happened.
        faults: How often what was done to it.
        simulated_s: How much time passed in it.
        sha256: Hash of its history; the same for the same seed.
    """

    seed: int
    jobs: int
    violations: Sequence[str]
    counts: dict[str, int]
    faults: dict[str, int]
    simulated_s: float
    sha256: str


def simulate(
    seed: int, jobs: int, *, parts: Parts | None = None, faults: bool = True, pause_s: float = PAUSE_S
) -> Simulated:
    """Run jobs through real workers on a simulated clock, server and disk.

    Args:
        seed: Everything that could be otherwise is drawn from it.
        jobs: How many are posted.
        parts: What workers are built of; broken parts show whether the simulation finds them.
        faults: Whether there are any.
        pause_s: Mean time between two of them.
    """
    folder = _FASTEST if _FASTEST.is_dir() else None
    with _silence(), tempfile.TemporaryDirectory(prefix="pvw-simulation-", dir=folder) as root:
        world = World(seed, Path(root), parts or Parts())
        run = _Run(world, jobs, pause_s)
        with world.disk.watched():
            world.loop.run_until_complete(run.whole(faults=faults))
        return run.result(seed)


@contextmanager
def _silence() -> Iterator[None]:
    """The simulated workers' logs go nowhere; afterwards logging is as it was."""
    was_configured, before = structlog.is_configured(), structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.reset_defaults()
        if was_configured:
            structlog.configure(**before)


class _Run:
    def __init__(self, world: World, jobs: int, pause_s: float) -> None:
        self._world = world
        self._jobs = [_job(number, world.chance) for number in range(jobs)]
        self._waiting = list(reversed(self._jobs))
        self._accepted = 0
        self._nemesis = Nemesis(world, workers=WORKERS, pause_s=pause_s)
        world.watcher.queue_max = QUEUE_MAX

    async def whole(self, *, faults: bool) -> None:
        """Post all jobs among faults, then let the rest come to its end in peace."""
        world, loop = self._world, self._world.loop
        keeper = loop.create_task(self._nemesis.keep_alive())
        harm = loop.create_task(self._nemesis.rage()) if faults else None
        posting = [
            world.start(world.process("producer"), self._post(world.process("producer"))) for _ in range(PRODUCERS)
        ]
        await asyncio.gather(*posting)
        if harm is not None:
            harm.cancel()
            await asyncio.gather(harm, return_exceptions=True)
        self._nemesis.relent()
        give_up_at_s = loop.time() + _SETTLE_WITHIN_S
        while world.history.count("ended") < self._accepted and loop.time() < give_up_at_s:  # noqa: ASYNC110 - simulated
            await asyncio.sleep(5)
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        for worker in list(world.workers):
            await world.bury(worker)
        sweep(world.places)

    def result(self, seed: int) -> Simulated:
        """Look at what is left."""
        world = self._world
        invalid = {job.job_id for job in self._jobs if not job.payload["previewRequest"]["steps"][0]["title"]}
        found = list(breaches(world.history, world.server, world.places.root, invalid=invalid, queue=QUEUE))
        strange = [f"nobody handled {fault.get('exception') or fault.get('message')!r}" for fault in world.loop.faults]
        kinds = ("admitted", "refused", "ended", "published", "late-publication", "fenced", "committed", "staged")
        counts = {
            kind: world.history.count(kind) for kind in (*kinds, "died", "fault", "stalled-recovered", "lock-lost")
        }
        return Simulated(
            seed=seed,
            jobs=self._accepted,
            violations=(*world.watcher.violations, *found, *strange),
            counts=counts,
            faults=dict(Counter(str(event.facts[0]) for event in world.history.of("fault"))),
            simulated_s=world.loop.time(),
            sha256=world.history.sha256,
        )

    async def _post(self, process: SimulatedProcess) -> None:
        world, address = self._world, self._world.address(process)
        gate = AdmissionGate(queue_max=QUEUE_MAX, record_ttl_s=RECORD_TTL_S)
        async with world.parts.producer(address) as producer:
            while self._waiting:
                job = self._waiting.pop()
                while not await self._accepted_by(producer, job, gate):  # noqa: ASYNC110 - simulated
                    await asyncio.sleep(world.chance.random())
                self._accepted += 1
                if world.chance.random() < _CANCELLED_RATIO:
                    with suppress(QueueUnavailableError):
                        world.history.add("cancel-asked", job.job_id)
                        await producer.cancel(job.job_id, record_ttl_s=RECORD_TTL_S)

    async def _accepted_by(self, producer: BullmqProducer, job: NewJob, gate: AdmissionGate) -> bool:
        """Whether the queue has the job; a client that hears nothing asks again."""
        try:
            admission = await producer.admit(job, gate)
        except QueueUnavailableError:
            return False
        if isinstance(admission, Refused):
            self._world.history.add("refused", job.job_id)
            return False
        return True


def _job(number: int, chance: random.Random) -> NewJob:
    """A dry run of one step; some can't be valid."""
    job_id, project_id = f"job-{number}", f"project-{number % 7}"
    title = "" if chance.random() < _INVALID_RATIO else f"Step {number}"
    step: dict[str, Any] = {"id": "first", "title": title, "text": "Take a card."}
    if not title:
        step["durationMs"] = -1
    payload = {
        "jobId": job_id,
        "projectId": project_id,
        "requestId": job_id,
        "dryRun": True,
        "attempts": _ATTEMPTS,
        "previewRequest": {"version": 1, "title": "Simulated", "steps": [step], "assets": [], "audio": {}},
    }
    return NewJob(
        job_id=job_id,
        project_id=project_id,
        digest=digest(payload, {}) if title else "invalid",
        payload=payload,
        band=Band.NORMAL,
        attempts=_ATTEMPTS,
        request_id=job_id,
    )
