"""Names of the keys we keep beside BullMQ's.

All start with ``<prefix>:<queue>:pvw:``, so a hash-tagged prefix puts them into one slot with BullMQ's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CANCELLED_MARK: Final = "pvwCancelled"
"""Field of BullMQ's hash of a job: it is the one of which the record says that it is cancelled."""
FAILED_MARK: Final = "pvwFailed"
"""Field of BullMQ's hash of a job: the lock of the run that wrote into the record that it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateKeys:
    """Key names of one queue.

    Attributes:
        queue_name: The BullMQ queue the records belong to.
        prefix: BullMQ's key prefix.
    """

    queue_name: str
    prefix: str = "bull"

    def record(self, job_id: str) -> str:
        """Return the hash of a job's record; ids are compared without case, so the key is lower case."""
        return self._ours(f"job:{job_id.lower()}")

    def job(self, job_id: str) -> str:
        """Return BullMQ's hash of a job (its exact id)."""
        return f"{self.prefix}:{self.queue_name}:{job_id}"

    def lock(self, job_id: str) -> str:
        """Return BullMQ's lock of a job (its exact id), whose value is the owner's token."""
        return f"{self.job(job_id)}:lock"

    def worker(self, worker_id: str) -> str:
        """Return the string that holds a worker's last heartbeat and expires with it."""
        return self._ours(f"worker:{worker_id}")

    def crashes(self, job_id: str) -> str:
        """Return the set of a job's crashes; one for each generation, whose number follows."""
        return self._ours(f"crashes:{job_id.lower()}")

    @property
    def workers(self) -> str:
        """The set of worker ids that may be alive."""
        return self._ours("workers")

    def _ours(self, suffix: str) -> str:
        return f"{self.prefix}:{self.queue_name}:pvw:{suffix}"
