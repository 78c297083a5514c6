"""What lies between a simulated process and the server: time, losses, outages, and the process's own wall clock."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Final

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from preview_worker.chaos.simulation.process import SimulatedProcess

EPOCH_MS = 2_000_000_000_000
"""The wall clock when a simulation begins: later than any machine's, so that nothing can mix the two up unseen."""

_RESET_RATIO: Final = 0.5
"""The share of losses that the client hears of at once."""
_TIMEOUT_S: Final = 2.0
"""After so long it gives the others up: our clients' socket timeout."""
_LATEST_S: Final = 30.0


@dataclass(slots=True)
class Weather:
    """How the network and the server are at the moment.

    Attributes:
        down: Nothing comes through.
        lost_ratio: The share of commands and of replies that get lost.
        late_ratio: The share of lost commands that the server runs all the same, when nobody waits for them any more.
        slowest_s: The longest way, one way.
    """

    down: bool = False
    lost_ratio: float = 0.0
    late_ratio: float = 0.3
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

    def late_s(self) -> float | None:
        """See `Link.late_s`."""
        return self._chance.random() * _LATEST_S if self._chance.random() < self._weather.late_ratio else None

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
            if self._chance.random() < _RESET_RATIO:
                raise RedisConnectionError("the simulated network lost it")
            await asyncio.sleep(_TIMEOUT_S)
            self._process.check()
            raise RedisTimeoutError("the simulated network lost it")
