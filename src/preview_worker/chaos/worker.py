"""The worker under test, as a process: the product's own, with a fault port and perhaps shorter intervals.

`python -m preview_worker.chaos.worker FOLDER` reads the settings like `preview-worker worker`; what is of the test
comes by argument, so that no setting of the product can do the same.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from preview_worker.bootstrap.worker import run_worker
from preview_worker.chaos.armed import Armed, Arms, Deed
from preview_worker.chaos.history import TRACE, Lines
from preview_worker.config.settings import load_settings
from preview_worker.faults import FaultPoint
from preview_worker.observability.logs import configure_logs
from preview_worker.queue.bullmq_consumer import ConsumerTiming


def timing_for(lock_s: float) -> ConsumerTiming:
    """The product's intervals, in proportion to a lock's life."""
    usual = ConsumerTiming()
    share = lock_s / usual.lock_duration_s
    return ConsumerTiming(
        lock_duration_s=lock_s,
        renew_every_s=usual.renew_every_s * share,
        sweep_every_s=usual.sweep_every_s * share,
        wait_s=min(usual.wait_s, lock_s / 4),
    )


def main() -> None:
    """Run one worker until it is told to stop, or stops itself."""
    parser = argparse.ArgumentParser(prog="python -m preview_worker.chaos.worker")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lock-s", type=float, required=True)
    parser.add_argument("--at", type=FaultPoint)
    parser.add_argument("--deed", type=Deed, default=Deed.KILL)
    given = parser.parse_args()
    settings, _ = load_settings(os.environ)
    configure_logs(settings.log_level, "json")
    arms = None if given.at is None else Arms(point=given.at, deed=given.deed)
    with Lines(given.folder / TRACE) as trace:
        reached = Armed(given.folder, trace, arms)
        asyncio.run(run_worker(settings, timing=timing_for(given.lock_s), reached=reached))


if __name__ == "__main__":
    main()
