"""How the generator's jobs get into the queue: by the product's admission."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Protocol

from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.library import AssetLibrary
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.queue.fairness import Band
from preview_worker.queue.port import AdmissionGate, Admitted, NewJob, Replayed
from preview_worker.storage.places import Places
from preview_worker.worker.intake import identified_job

ATTEMPTS: Final = 5
DAY_S: Final = 86_400


class Intake(Protocol):
    """Where the generator's jobs go; both designs have one."""

    async def add(self, payload: dict[str, Any]) -> bool:
        """Add a job, or find it added; False when the queue is full for now.

        Raises:
            QueueUnavailableError: Nobody knows whether it was added; adding again is safe.
        """
        ...


class AdmittingIntake:
    """The product's admission.

    Args:
        producer: Of the queue.
        data_dir: DATA_DIR.
        queue_max: Most jobs that may wait.
    """

    def __init__(self, producer: BullmqProducer, data_dir: Path, queue_max: int) -> None:
        self._producer = producer
        self._places = Places(data_dir)
        self._library = AssetLibrary(inline_dir=self._places.inline, fetcher=Fetcher(frozenset()))
        self._gate = AdmissionGate(queue_max=queue_max, record_ttl_s=DAY_S)

    async def add(self, payload: dict[str, Any]) -> bool:
        """See `Intake.add`."""
        root = self._places.assets(payload["projectId"])
        intake = identified_job(payload, library=self._library, root=root)
        job = NewJob(
            job_id=intake.job.job_id,
            project_id=intake.job.project_id,
            digest=intake.identified.digest,
            payload=payload,
            band=Band.NORMAL,
            attempts=ATTEMPTS,
            request_id=intake.job.request_id,
        )
        return isinstance(await self._producer.admit(job, self._gate), Admitted | Replayed)
