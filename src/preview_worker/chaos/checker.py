"""The checker: a pass of its own over history, Redis and disk, once the workers have ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from preview_worker.chaos.evidence import Evidence, gather
from preview_worker.chaos.invariants import Violation, violations
from preview_worker.queue.bullmq_producer import BullmqProducer
from preview_worker.state.connection import open_state
from preview_worker.state.keys import StateKeys
from preview_worker.state.records import JobRecords


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a run has shown."""

    evidence: Evidence
    violations: list[Violation]

    @property
    def by_rule(self) -> Counter[str]:
        """How often each rule was broken."""
        return Counter(violation.rule for violation in self.violations)

    @property
    def completed(self) -> int:
        """Jobs that completed."""
        return sum(1 for job in self.evidence.jobs if job.queued is not None and job.queued.state == "completed")

    @property
    def run_again(self) -> int:
        """Jobs that more than one worker, or one more than once, began with."""
        return sum(1 for job in self.evidence.jobs if job.takes > 1)


async def check(
    folder: Path, data_dir: Path, producer: BullmqProducer, *, url: str, queue_name: str, ours: bool = True
) -> Verdict:
    """Check a run.

    Args:
        folder: The run's.
        data_dir: Its DATA_DIR.
        producer: Reads the queue.
        url: Of the server.
        queue_name: The queue.
        ours: Whether it is the product's design.

    Raises:
        QueueUnavailableError: The server doesn't answer.
    """
    client = open_state(url)
    try:
        records = JobRecords(client, StateKeys(queue_name=queue_name)) if ours else None
        evidence = await gather(folder, data_dir, producer, records)
    finally:
        await client.aclose()
    return Verdict(evidence=evidence, violations=violations(evidence, ours=ours))
