"""What befalls a simulation: one fault after the other, drawn from its seed."""

from __future__ import annotations

import asyncio
import contextvars
import errno
import random
from collections.abc import Awaitable, Callable
from typing import Final

from preview_worker.chaos.simulation.process import CURRENT, SimulatedProcess
from preview_worker.chaos.simulation.worker import SimulatedWorker
from preview_worker.chaos.simulation.world import World

LOCK_S: Final = 15.0
LONGEST_FREEZE_S: Final = 45.0
DECISIVE_RATIO: Final = 0.03
"""The share of commits that a fault follows at once."""
_EVEN: Final = 0.5
_CLOCKS_MS: Final = (-600_000, -5_000, 0, 5_000, 600_000)


class Nemesis:
    """Lets one fault follow the other until it is told to stop.

    Args:
        world: The simulation.
        workers: How many workers there should be.
        pause_s: Mean time between faults.
    """

    def __init__(self, world: World, *, workers: int, pause_s: float) -> None:
        self._world = world
        self._workers = workers
        self._pause_s = pause_s
        self._faults: dict[str, tuple[int, Callable[[], Awaitable[None]]]] = {
            "kill": (6, self._kill),
            "crash": (10, self._crash),
            "freeze": (4, self._freeze),
            "disk-error": (2, self._disk_error),
            "failing-syncs": (1, self._failing_syncs),
            "losses": (3, self._losses),
            "outage": (1, self._outage),
            "restart": (1, self._restart),
            "full-server": (1, self._full_server),
            "slow": (1, self._slow),
            "server-clock": (1, self._server_clock),
            "worker-clock": (2, self._worker_clock),
            "shutdown": (2, self._shutdown),
            "power-cut": (1, self._power_cut),
        }

    async def keep_alive(self) -> None:
        """Start workers where they are missing, as an operator's supervisor does; never returns."""
        while True:
            dead = [worker for worker in self._world.workers if not worker.process.alive]
            for worker in dead:
                await self._world.bury(worker)
            while len(self._world.workers) < self._workers:
                self._world.start_worker()
            await asyncio.sleep(self._chance.random())

    async def rage(self) -> None:
        """Do harm, also between the decision to publish and its doing; never returns."""
        self._world.watcher.on_decision = self._decided
        names = list(self._faults)
        weights = [weight for weight, _ in self._faults.values()]
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / self._pause_s))
            (name,) = self._chance.choices(names, weights)
            if self._world.workers:
                self._world.history.add("fault", "", name)
                await self._faults[name][1]()

    def relent(self) -> None:
        """End everything that lasts."""
        self._world.watcher.on_decision = lambda: None
        self._world.weather.down = False
        self._world.weather.lost_ratio = 0.0
        self._world.server.full = False
        self._world.disk.fails_syncs = False
        for worker in self._world.workers:
            self._world.loop.thaw(worker.process)

    @property
    def _chance(self) -> random.Random:
        return self._world.chance

    def _victim(self) -> SimulatedWorker:
        return self._chance.choice(self._world.workers)

    def _decided(self) -> None:
        process = CURRENT.get()
        if process is None or self._chance.random() > DECISIVE_RATIO:
            return
        if self._chance.random() < _EVEN:
            process.dies_after = process.operations + self._chance.randint(1, 20)
        else:
            self._freeze_now(process)

    def _freeze_now(self, process: SimulatedProcess) -> None:
        process.frozen = True
        outside = contextvars.Context()  # who thaws it isn't frozen with it
        self._world.loop.call_later(
            self._chance.random() * LONGEST_FREEZE_S, self._world.loop.thaw, process, context=outside
        )

    async def _kill(self) -> None:
        await self._world.bury(self._victim())

    async def _crash(self) -> None:
        """Death between two changes of the disk."""
        process = self._victim().process
        process.dies_after = process.operations + self._chance.randint(1, 60)

    async def _freeze(self) -> None:
        self._freeze_now(self._victim().process)

    async def _disk_error(self) -> None:
        process = self._victim().process
        process.disk_fails_at = process.operations + self._chance.randint(1, 60)
        process.disk_error = self._chance.choice((errno.EIO, errno.ENOSPC))

    async def _failing_syncs(self) -> None:
        """No sync succeeds, of no process."""
        self._world.disk.fails_syncs = True
        for worker in self._world.workers:
            worker.process.disk_failures += 1
        await asyncio.sleep(self._chance.random() * 5)
        self._world.disk.fails_syncs = False

    async def _losses(self) -> None:
        self._world.weather.lost_ratio = self._chance.choice((0.02, 0.1, 0.3))
        await asyncio.sleep(self._chance.random() * 10)
        self._world.weather.lost_ratio = 0.0

    async def _outage(self) -> None:
        self._world.weather.down = True
        await asyncio.sleep(self._chance.random() * 2 * LOCK_S)
        self._world.weather.down = False

    async def _restart(self) -> None:
        """The server ends, and another begins with what was written."""
        self._world.weather.down = True
        self._world.server.restart()
        await asyncio.sleep(self._chance.random() * 3)
        self._world.weather.down = False

    async def _full_server(self) -> None:
        self._world.server.full = True
        await asyncio.sleep(self._chance.random() * LOCK_S)
        self._world.server.full = False

    async def _slow(self) -> None:
        self._world.weather.slowest_s = 1.0
        await asyncio.sleep(self._chance.random() * 10)
        self._world.weather.slowest_s = 0.002

    async def _server_clock(self) -> None:
        self._world.server_offset_ms = self._chance.choice(_CLOCKS_MS)

    async def _worker_clock(self) -> None:
        self._victim().process.wall_offset_ms = self._chance.choice(_CLOCKS_MS)

    async def _shutdown(self) -> None:
        """SIGTERM: the worker ends in good order, or is killed when it doesn't."""
        worker = self._victim()
        self._world.start(worker.process, worker.stop(self._chance.random() * 5))
        await asyncio.sleep(LOCK_S)
        if worker in self._world.workers:
            await self._world.bury(worker)

    async def _power_cut(self) -> None:
        for worker in list(self._world.workers):
            worker.process.kill()
        for worker in list(self._world.workers):
            await self._world.bury(worker)
        self._world.disk.cut_power()
        self._world.server.restart()
        self._world.watcher.power_cut()
