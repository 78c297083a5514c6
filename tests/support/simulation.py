"""The simulated server where a test wants a real one's address."""

from __future__ import annotations

import itertools
import time

from preview_worker.chaos.simulation.client import SimulatedClient, StraightLink
from preview_worker.chaos.simulation.server import SimulatedServer
from preview_worker.queue.bullmq_connections import QueueAddress

_numbers = itertools.count()


def simulated_address():
    """A queue on a server of its own, which goes by the machine's clock."""
    server = SimulatedServer(_now_ms)
    link = StraightLink(_now_ms)
    return QueueAddress(
        url="simulated",
        queue_name=f"preview-simulated-{next(_numbers)}",
        connector=lambda *_, **__: SimulatedClient(server, link),
    )


def _now_ms():
    return round(time.time() * 1000)
