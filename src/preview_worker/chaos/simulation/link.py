"""What lies between a simulated process and the server: time, losses, outages, and the process's own wall clock."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from redis.exceptions import ConnectionError as RedisConnectionError

from preview_worker.chaos.simulation.process import SimulatedProcess

EPOCH_MS = 2_000_000_000_000
"""The wall clock when a simulation begins: later than any machine's, so that nothing can mix the two up unseen."""


@dataclass(slots=True)
class Weather:
    """How the network and the server are at the moment.

    Attributes:
        down: Nothing comes through.
        lost_ratio: The share of commands and of replies that get lost.
        slowest_s: The longest way, one way.
    """

    down: bool = False
    lost_ratio: float = 0.0
    slowest_s: float = 0.002


class ProcessLink:
    """`Link` of one process.

    Args:
        process: The process.
        weather: How things are; changed from outside.
        chance: Ways and losses are drawn from it.
    """

    def __init__(self, process: SimulatedProcess, weather: Weather, chance: random.Random) -> None:
        self._process = process
        self._weather = weather
        self._chance = chance

    def wall_ms(self) -> int:
        """See `Link.wall_ms`."""
        now_s = asyncio.get_running_loop().time()
        return EPOCH_MS + self._process.wall_offset_ms + round(now_s * 1000)

    async def out(self) -> None:
        """See `Link.out`."""
        await self._way()

    async def back(self) -> None:
        """See `Link.back`."""
        await self._way()

    async def _way(self) -> None:
        self._process.check()
        await asyncio.sleep(self._chance.random() * self._weather.slowest_s)
        self._process.check()
        if self._weather.down or (self._weather.lost_ratio and self._chance.random() < self._weather.lost_ratio):
            raise RedisConnectionError("the simulated network lost it")
