"""The nemesis: faults in an order that its seed decides, spread over the run by how many jobs have ended."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from preview_worker.chaos.arena import Arena
from preview_worker.chaos.armed import Arms, Deed
from preview_worker.chaos.fleet import Member
from preview_worker.errors import QueueUnavailableError
from preview_worker.faults import FaultPoint

GIVE_UP_S: Final = 90.0
"""Without any job's end for so long nothing more is done: the checker will tell what is wrong."""
THAW_LOCKS: Final = 1.6
"""A stopped worker goes on after so many lives of a lock."""
_POLL_S: Final = 0.1


class Fault(StrEnum):
    """What is done."""

    KILL = "kill"
    """SIGKILL to a worker."""
    STOP = "stop"
    """SIGSTOP to a worker, and SIGCONT when its locks have run out."""
    SERVER = "server"
    """SIGKILL to the server, which is started again."""
    POINT_KILL = "point-kill"
    """A worker that kills itself at a fault point."""
    POINT_STOP = "point-stop"
    """A worker that stops itself at a fault point, and goes on when its locks have run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How many of each."""

    kills: int = 0
    stops: int = 0
    servers: int = 0
    point_kills: int = 0
    point_stops: int = 0

    def without_points(self) -> Faults:
        """The same for workers without fault points: killed from outside instead."""
        return Faults(kills=self.kills + self.point_kills + self.point_stops, stops=self.stops, servers=self.servers)

    def shuffled(self, dice: random.Random) -> list[Fault]:
        """All of them in one order."""
        counts = {
            Fault.KILL: self.kills,
            Fault.STOP: self.stops,
            Fault.SERVER: self.servers,
            Fault.POINT_KILL: self.point_kills,
            Fault.POINT_STOP: self.point_stops,
        }
        faults = [fault for fault, count in counts.items() for _ in range(count)]
        dice.shuffle(faults)
        return faults


async def ended_jobs(arena: Arena) -> int | None:
    """How many jobs have ended; None while the server is away."""
    try:
        counts = await arena.producer.counts()
    except QueueUnavailableError:
        return None
    return counts.completed + counts.failed


async def until_ended(arena: Arena, wanted: int) -> bool:
    """Wait for so many ended jobs; False when none ends any more."""
    last, since_s = -1, time.monotonic()
    while time.monotonic() - since_s < GIVE_UP_S:
        now = await ended_jobs(arena)
        if now is not None and now >= wanted:
            return True
        if now is not None and now != last:
            last, since_s = now, time.monotonic()
        await asyncio.sleep(_POLL_S)
    return False


class Nemesis:
    """Does the faults of one run.

    Args:
        arena: What they are done to.
        seed: Decides their order and their targets.
    """

    def __init__(self, arena: Arena, seed: int) -> None:
        self._arena = arena
        self._dice = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret

    async def torment(self, faults: Faults, jobs: int) -> None:
        """Do all faults while so many jobs are run; a run that stands still is left alone."""
        order = faults.shuffled(self._dice)
        async with asyncio.TaskGroup() as thaws:
            for number, fault in enumerate(order, start=1):
                if not await until_ended(self._arena, jobs * number // (len(order) + 1)):
                    self._arena.history.add("nemesis-gave-up", left=len(order) - number + 1)
                    return
                await self._do(fault, thaws)

    async def _do(self, fault: Fault, thaws: asyncio.TaskGroup) -> None:
        if fault is Fault.SERVER:
            await self._arena.server.kill()
            await self._arena.server.revive()
            return
        member = await self._target()
        self._arena.history.add(fault, worker=member.pid, slot=member.slot)
        match fault:
            case Fault.KILL:
                member.send(signal.SIGKILL)
            case Fault.STOP:
                member.send(signal.SIGSTOP)
                thaws.create_task(self._thaw(member), name=f"thaw-{member.pid}")
            case Fault.POINT_KILL | Fault.POINT_STOP:
                deed = Deed.KILL if fault is Fault.POINT_KILL else Deed.STOP
                arms = Arms(point=self._dice.choice(list(FaultPoint)), deed=deed)
                self._arena.armory.put_aside(member.slot, arms)
                member.send(signal.SIGKILL)
                if deed is Deed.STOP:
                    thaws.create_task(self._thaw_itself(member), name=f"thaw-slot-{member.slot}")

    async def _target(self) -> Member:
        """A worker that takes jobs, chosen by the dice among those that do."""
        while not (ready := [member for member in self._arena.fleet.members if member.ready]):  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)
        return self._dice.choice(ready)

    async def _thaw_itself(self, before: Member) -> None:
        """Wait until the worker that followed another has stopped itself, if it does before it ends or is needed."""
        give_up_s = time.monotonic() + GIVE_UP_S
        while time.monotonic() < give_up_s:
            member = self._arena.fleet.members[before.slot]
            if member is not before and (member.stopped or not member.alive):
                await self._thaw(member)
                return
            await asyncio.sleep(_POLL_S)

    async def _thaw(self, member: Member) -> None:
        await asyncio.sleep(self._arena.terms.lock_s * THAW_LOCKS)
        self._arena.history.add("thaw", worker=member.pid, slot=member.slot)
        member.send(signal.SIGCONT)
