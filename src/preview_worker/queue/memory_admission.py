"""Admission to the queue in memory: the gates of the BullMQ gateway, in the same order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from preview_worker.contract import Supersede
from preview_worker.queue.fairness import Band, band_of, priority_of, start_tag
from preview_worker.queue.idempotency import KEY_TTL_S
from preview_worker.queue.memory_job import MemoryJob
from preview_worker.queue.port import (
    AdmissionGate,
    Conflicting,
    JobState,
    KeyReused,
    NewJob,
    Refused,
    Replayed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    job_id: str
    fingerprint: str
    until_s: float


class MemoryAdmission:
    """Lets jobs in; nothing here awaits, so each call is one step.

    Args:
        jobs: The queue's jobs by their id in lower case.
        clock_ms: Wall clock for the times that are shown.
    """

    def __init__(self, jobs: dict[str, MemoryJob], clock_ms: Callable[[], int]) -> None:
        self._jobs = jobs
        self._clock_ms = clock_ms
        self._keys: dict[str, _Remembered] = {}
        self._started_tags: dict[Band, int] = {}
        self._project_tags: dict[tuple[Band, str], int] = {}
        self._arrivals = 0

    def admit(
        self, job: NewJob, gate: AdmissionGate
    ) -> tuple[MemoryJob, tuple[str, ...]] | Conflicting | KeyReused | Refused | Replayed:
        """Let a job in, or say why not; returns it with the ids of those that it supersedes."""
        known = self._known(job)
        if known is not None:
            return known
        superseded = self._superseded(job)
        backlog = sum(held.waits for held in self._jobs.values()) - sum(held.waits for held in superseded)
        if backlog >= gate.queue_max:
            return Refused(backlog=backlog, queue_max=gate.queue_max)
        for held in superseded:
            held.cancel_asked, held.newer = True, job.job_id
            if held.waits:
                held.cancel(self._clock_ms())
        added = self._add(job, restart=backlog == 0)
        self._remember_key(job, job.job_id)
        return added, tuple(held.job.job_id for held in superseded)

    def started(self, job: MemoryJob) -> None:
        """A worker took the job: later ones of new projects come behind its tag."""
        band = band_of(job.priority)
        self._started_tags[band] = max(self._started_tags.get(band, 0), job.priority - priority_of(band, 0))

    def _known(self, job: NewJob) -> Conflicting | KeyReused | Replayed | None:
        named = self._keys.get(job.key.name) if job.key is not None else None
        if job.key is not None and named is not None and named.until_s > time.monotonic():
            first = self._jobs.get(named.job_id.lower())
            if first is not None and named.fingerprint != job.key.fingerprint:
                return KeyReused(job_id=named.job_id)
            if first is not None:
                return Replayed(existing=first.existing())
        known = self._jobs.get(job.job_id.lower())
        if known is None:
            return None
        if known.job.digest != job.digest:
            return Conflicting(existing=known.existing())
        if job.again and known.state is JobState.COMPLETED and known.job.job_id == job.job_id:
            return None
        self._remember_key(job, known.job.job_id)
        return Replayed(existing=known.existing())

    def _superseded(self, job: NewJob) -> list[MemoryJob]:
        if job.supersede is Supersede.NONE:
            return []
        states = {JobState.QUEUED, JobState.DELAYED}
        if job.supersede is Supersede.ALL:
            states.add(JobState.ACTIVE)
        others = (held for key, held in self._jobs.items() if key != job.job_id.lower())
        return [held for held in others if held.state in states and held.job.scope == job.scope]

    def _remember_key(self, job: NewJob, job_id: str) -> None:
        if job.key is None:
            return
        now_s = time.monotonic()
        self._keys = {name: key for name, key in self._keys.items() if key.until_s > now_s}
        self._keys[job.key.name] = _Remembered(
            job_id=job_id, fingerprint=job.key.fingerprint, until_s=now_s + KEY_TTL_S
        )

    def _add(self, job: NewJob, *, restart: bool) -> MemoryJob:
        if restart:
            self._project_tags.clear()
            self._started_tags = {
                band_of(held.priority): held.priority - priority_of(band_of(held.priority), 0)
                for held in sorted(self._jobs.values(), key=lambda held: held.priority)
                if held.state is JobState.ACTIVE
            }
        tag = start_tag(
            started_tag=self._started_tags.get(job.band, 0),
            project_tag=self._project_tags.get((job.band, job.project_id), 0),
        )
        self._project_tags[job.band, job.project_id] = tag
        self._arrivals += 1
        before = self._jobs.pop(job.job_id.lower(), None)
        added = MemoryJob(
            job=job,
            priority=priority_of(job.band, tag),
            arrival=self._arrivals,
            created_at_ms=self._clock_ms(),
            generation=1 if before is None else before.generation + 1,
        )
        self._jobs[job.job_id.lower()] = added
        return added
