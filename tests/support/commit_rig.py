"""The commit and fencing code on a simulated server, disk and clock, moved by a test step by step."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from preview_worker.chaos.simulation.checker import content_breaches
from preview_worker.chaos.simulation.process import Killed
from preview_worker.chaos.simulation.worker import RECORD_TTL_S, Parts
from preview_worker.chaos.simulation.world import QUEUE, World
from preview_worker.contract import Build, Format, Quality, Report, VideoFacts
from preview_worker.errors import LockLostError, PreviewError, StorageError
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.cancelling import CancelVerdict
from preview_worker.render.settling import settled
from preview_worker.state.commit import CommitGate
from preview_worker.state.fence import JobFence
from preview_worker.state.keys import StateKeys
from preview_worker.state.records import JobRecords, RecordState
from preview_worker.storage.janitor import Tenancy
from preview_worker.storage.jobs import JobFiles
from preview_worker.storage.publish import discard, new_stage
from preview_worker.storage.retention import Retention
from preview_worker.worker.publication import Attempt, CommitRefused
from preview_worker.worker.staging import Sizes

LOCK_S = 15.0
TRIES = 10
DIGEST = "d" * 64
PROJECT = "project"
KEYS = StateKeys(queue_name=QUEUE)
_FASTEST = Path("/dev/shm")  # noqa: S108 - a folder of our own is made there


@dataclass(eq=False)
class Run:
    """A worker's run of a job."""

    worker: Worker
    job_id: str
    token: str
    locked_at_s: float
    tasks: list


class Worker:
    """A process with what a run needs to publish."""

    def __init__(self, world):
        self.process = world.process("worker")
        client = world.address(self.process).client(socket_timeout_s=2.0)
        self.records = JobRecords(client, KEYS)
        self.fences = JobFence(client, KEYS)
        self.tenancy = Tenancy(world.places)
        self.process.at_death.append(self.tenancy.abandon)
        self.publisher = world.parts.publisher(
            places=world.places,
            job_files=JobFiles(world.places.jobs),
            commits=CommitGate(client, KEYS),
            retention=Retention(preview_ms=10**9, plan_ms=10**9, failed_ms=10**9),
            record_ttl_s=RECORD_TTL_S,
        )

    async def settle_in(self, sweep, places):
        await asyncio.to_thread(sweep, places)
        self.tenancy.__enter__()


class CommitRig:
    """Workers, jobs and what was told of them; `breaches` are broken promises."""

    def __init__(self, seed, parts=None):
        self._root = Path(tempfile.mkdtemp(prefix="pvw-rig-", dir=_FASTEST if _FASTEST.is_dir() else None))
        self.world = World(seed, self._root, parts or Parts(), long_ratio=0.1)
        self.world.weather.slowest_s = 0.2
        self._watching = self.world.disk.watched()
        self._watching.__enter__()
        self.workers = []
        self.runs = []
        self.told = set()
        self.cancelled = set()
        self._tokens = 0
        self._outside = self.world.process("producer")
        self._producer = BullmqProducer(self.world.address(self._outside))
        for job_id in ("one", "two"):
            self.world.server.call("HSET", f"bull:{QUEUE}:{job_id}", "name", "job", "timestamp", "1")
        for _ in range(2):
            self.add_worker()

    def close(self):
        for worker in self.workers:
            worker.process.kill()
        self.pass_time(60)
        self._watching.__exit__(None, None, None)
        shutil.rmtree(self._root)

    @property
    def breaches(self):
        faults = [repr(fault) for fault in self.world.loop.faults]
        return [*self.world.watcher.violations, *faults]

    # --- what a test does ---

    def pass_time(self, seconds):
        """Let everything go on for so long."""
        self.world.loop.run_until_complete(asyncio.sleep(seconds))
        self._look()

    def add_worker(self):
        worker = Worker(self.world)
        settling = self.world.start(worker.process, worker.settle_in(self.world.parts.sweep, self.world.places))
        self.world.loop.run_until_complete(settling)
        self.world.watcher.owners[worker.tenancy.owner] = worker.process
        self.workers.append(worker)

    def take(self, worker, job_id):
        """Lock a job, as BullMQ does once nobody holds it."""
        if self.world.server.call("GET", KEYS.lock(job_id)) is not None:
            return None
        self._tokens += 1
        run = Run(worker, job_id, f"token-{self._tokens}", self.world.loop.time(), [])
        self.world.server.call("SET", KEYS.lock(job_id), run.token, "PX", round(LOCK_S * 1000))
        self.runs.append(run)
        self.go(run)
        return run

    def renew(self, run):
        """Extend the lock, if it is still the run's."""
        if self.world.server.call("GET", KEYS.lock(run.job_id)) == run.token:
            run.locked_at_s = self.world.loop.time()
            self.world.server.call("SET", KEYS.lock(run.job_id), run.token, "PX", round(LOCK_S * 1000))

    def go(self, run):
        """Begin the run, or begin it once more under the same lock: a reply was lost, and all is done again."""
        run.tasks.append(self.world.start(run.worker.process, self._attempt(run)))

    def freeze(self, worker):
        worker.process.frozen = True

    def thaw(self, worker):
        self.world.loop.thaw(worker.process)

    def kill(self, worker):
        self.workers.remove(worker)
        worker.process.kill()
        self.pass_time(0.1)
        self.add_worker()

    def die_after(self, worker, changes):
        worker.process.dies_after = worker.process.operations + changes

    def cut_power(self):
        dead, self.workers = self.workers, []
        for worker in dead:
            worker.process.kill()
        self.pass_time(0.1)
        self.world.disk.cut_power()
        self.world.watcher.power_cut()
        self._look()
        for _ in dead:
            self.add_worker()

    def cancel(self, job_id):
        """Ask for the end of a job; whoever is told that it will end sees nothing published that wasn't decided."""
        asked = self._producer.cancel(job_id, record_ttl_s=RECORD_TTL_S)
        answer = self.world.loop.run_until_complete(self.world.start(self._outside, asked))
        if answer.verdict is CancelVerdict.ASKED:
            self.cancelled.add(job_id)

    def bury_the_dead(self):
        for worker in [worker for worker in self.workers if not worker.process.alive]:
            self.kill(worker)

    # --- what a run does ---

    async def _attempt(self, run):
        worker = run.worker
        await worker.records.create(
            job_id=run.job_id, digest=DIGEST, project_id=PROJECT, request_id="r", ttl_s=RECORD_TTL_S
        )
        fence = await worker.fences.acquire(run.job_id, run.token)
        if fence is None:
            raise CommitRefused
        attempt = Attempt(
            job_id=run.job_id,
            project_id=PROJECT,
            digest=DIGEST,
            payload_digest=DIGEST,
            dry_run=True,
            lock_token=run.token,
            fence=fence,
            lock_left_s=lambda: run.locked_at_s + LOCK_S - worker.process.now_s(),
        )
        if await asyncio.to_thread(worker.publisher.standing, attempt) is not None:
            await worker.publisher.confirm_standing(attempt)
        else:
            stage = new_stage(worker.tenancy.stage, attempt.job_id, fence)
            try:
                (stage / "plan.txt").write_text(f"fence {fence}")
                await worker.publisher.publish(attempt, stage, (report(run.job_id),), Sizes(pictures={}))
            finally:
                await settled(discard, stage)
        await worker.records.finish(run.job_id, RecordState.COMPLETED, ttl_s=RECORD_TTL_S)
        self.world.loop.call_soon(self.told.add, run.job_id)
        assert run.worker.process.alive

    # --- what is seen ---

    def _look(self):
        for run in self.runs:
            for task in [task for task in run.tasks if task.done()]:
                run.tasks.remove(task)
                self._ended(run, task)
        for job_id in sorted(self.told):
            folder = self.world.places.plan(PROJECT, job_id)
            if not folder.is_dir():
                self.world.watcher.breach(f"{job_id}: told as completed, and nothing is published")
        for folder in self.world.places.root.glob("plans/*/*"):
            for sentence in content_breaches(folder.name, folder):
                self.world.watcher.breach(sentence)
        for record in self.world.places.jobs.glob("*.json"):
            self.world.watcher.check_record(record.stem)

    def _ended(self, run, task):
        with suppress(asyncio.CancelledError, Killed):
            error = None if task.cancelled() else task.exception()
            if error is None or isinstance(error, (asyncio.CancelledError, Killed, LockLostError)):
                return
            if isinstance(error, CommitRefused):
                if run.job_id not in self.cancelled:
                    self.world.watcher.breach(f"{run.job_id}: refused as cancelled, and nobody asked")
            elif not (isinstance(error, PreviewError) and error.retryable and self._may_fail(error)):
                self.world.watcher.breach(f"{run.job_id}: a run failed without a reason: {error!r}")

    def _may_fail(self, error):
        """Redis is never away here and the disk never fails, so that only what a cut left behind may be in the way."""
        return not isinstance(error, StorageError)


def where_power_is_cut(parts=None, *, changes=range(1, 31), draws=range(3)):
    """What breaks when the power goes before each of a run's changes of the disk, each time with several outcomes."""
    for after in changes:
        for draw in draws:
            yield _cut_before(after, CommitRig(after + len(changes) * draw, parts), last=after == changes[-1])


def _cut_before(after, rig, *, last):
    worker = rig.workers[0]
    rig.take(worker, "one")
    rig.die_after(worker, after)
    rig.pass_time(LOCK_S + 1)
    went_through = worker.process.alive
    rig.cut_power()
    for _ in range(TRIES):
        if "one" not in rig.told:
            rig.take(rig.workers[0], "one")
            rig.pass_time(LOCK_S + 1)
    breaches, told = rig.breaches, "one" in rig.told
    rig.close()
    if last and not went_through:
        return [*breaches, "a run has more changes than are looked at"]
    return breaches if told or breaches else ["the job never came to its end"]


def where_it_is_cancelled(parts=None, *, after_s=range(2, 30, 2)):
    """What breaks when a cancel comes so many tenths of a second after a run began."""
    for tenths in after_s:
        rig = CommitRig(tenths, parts)
        rig.take(rig.workers[0], "one")
        rig.pass_time(tenths / 10)
        rig.cancel("one")
        rig.pass_time(LOCK_S)
        breaches = rig.breaches
        rig.close()
        yield breaches


def where_it_stops_past_the_lock(parts=None, *, after_s=range(1, 16)):
    """What breaks when a run stops, after so many tenths of a second, until another has the job's lock."""
    for tenths in after_s:
        rig = CommitRig(tenths, parts)
        first, second = rig.workers
        rig.take(first, "one")
        rig.pass_time(tenths / 10)
        rig.freeze(first)
        rig.pass_time(LOCK_S + 1)
        rig.take(second, "one")
        rig.freeze(second)  # it has the lock, and no fence yet
        rig.thaw(first)
        rig.pass_time(LOCK_S / 2)
        rig.thaw(second)
        rig.pass_time(LOCK_S)
        breaches = rig.breaches
        rig.close()
        yield breaches


def report(job_id):
    video = VideoFacts(
        format=Format.MP4, quality=Quality.STANDARD, width_px=320, height_px=180, fps=12, frames=12, duration_ms=1000
    )
    return Report(
        job_id=job_id,
        project_id=PROJECT,
        request_id="r",
        digest=DIGEST,
        kind="plan",
        language="en",
        build=Build(version="simulated"),
        video=video,
    )
