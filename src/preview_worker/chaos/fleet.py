"""The workers of a run: started, killed, stopped, armed; each slot has a living process as long as the run goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from preview_worker.chaos.armed import Armory
from preview_worker.chaos.history import Lines
from preview_worker.chaos.process_list import still_there
from preview_worker.posix import dying_with_parent

READY = b"worker-ready"
OUTLIVED = "outlived"
"""The history's word for a process that lives `OUTLIVES_S` after its worker."""
OUTLIVES_S = 1.0
READY_WITHIN_S = 60.0
END_WITHIN_S = 60.0
_POLL_S = 0.02


@dataclass(slots=True, kw_only=True)
class Member:
    """One worker process.

    Attributes:
        slot: Its place in the fleet.
        process: The process.
        log: What it logs, as JSON lines.
    """

    slot: int
    process: asyncio.subprocess.Process
    log: Path

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether it hasn't ended."""
        return self.process.returncode is None

    @property
    def ready(self) -> bool:
        """Whether it takes jobs."""
        return self.alive and READY in self.log.read_bytes() and not self.stopped

    @property
    def stopped(self) -> bool:
        """Whether the kernel has stopped it."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        except FileNotFoundError:
            return False

    def send(self, number: signal.Signals) -> None:
        """Send a signal; one that has ended meanwhile gets none."""
        if self.alive:
            os.kill(self.pid, number)


class Fleet:
    """Workers of one command; an async context manager that leaves none behind.

    Args:
        folder: The run's folder; logs go there.
        command: Module and arguments of a worker.
        environment: What they see.
        slots: How many there are.
        history: Told of starts and ends.
        armory: Arms them.
    """

    def __init__(
        self,
        folder: Path,
        command: tuple[str, ...],
        environment: Mapping[str, str],
        *,
        slots: int,
        history: Lines,
        armory: Armory,
    ) -> None:
        self._folder = folder
        self._command = command
        self._environment = dict(environment)
        self._slots = slots
        self._history = history
        self._numbers = iter(range(1_000_000))
        self.members: list[Member] = []
        self._armory = armory
        self._keepers: list[asyncio.Task[None]] = []
        self._autopsies: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.members = [await self.start(slot) for slot in range(self._slots)]
        self._keepers = [asyncio.create_task(self._keep(slot), name=f"slot-{slot}") for slot in range(self._slots)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()

    async def end(self) -> None:
        """Ask every worker to end and wait for it; safe to call twice."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for member in self.members:
            member.send(signal.SIGCONT)
            member.send(signal.SIGTERM)
        for member in self.members:
            await ended(member)
        await asyncio.gather(*self._autopsies)

    async def start(self, slot: int) -> Member:
        """Start one worker for a slot, armed if there are arms for it."""
        arms = self._armory.take(slot)
        log = self._folder / "logs" / f"{next(self._numbers):04d}-slot-{slot}.log"
        log.parent.mkdir(exist_ok=True)
        armed = () if arms is None else ("--at", arms.point, "--deed", arms.deed)
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", *self._command, *armed),
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                preexec_fn=dying_with_parent(),
            )
        self._history.add("worker-started", worker=process.pid, slot=slot, armed=None if arms is None else arms.point)
        return Member(slot=slot, process=process, log=log)

    async def ready(self) -> None:
        """Wait until every worker takes jobs.

        Raises:
            TimeoutError: One doesn't; the text ends with its log.
        """
        for slot in range(self._slots):
            await self.ready_slot(slot)

    async def ready_slot(self, slot: int) -> Member:
        """Wait until a slot's worker takes jobs; errors are those of `ready`."""
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while not self.members[slot].ready:  # noqa: ASYNC110 - told by a file
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            tail = self.members[slot].log.read_text(errors="replace")[-2000:]
            raise TimeoutError(f"worker {slot} took no jobs within {READY_WITHIN_S:g} s:\n{tail}") from None
        return self.members[slot]

    async def _keep(self, slot: int) -> None:
        while True:
            status = await self.members[slot].process.wait()
            pid = self.members[slot].pid
            self._history.add("worker-ended", worker=pid, slot=slot, status=status)
            self._autopsies.append(asyncio.create_task(self._autopsy(pid), name=f"autopsy-{pid}"))
            self.members[slot] = await self.start(slot)

    async def _autopsy(self, pid: int) -> None:
        """Look for what a worker left alive: its render processes' folders lie below one named after its id."""
        await asyncio.sleep(OUTLIVES_S)
        owner = Path(self._environment["DATA_DIR"]) / "work" / f"{socket.gethostname()}-{pid}-"
        for process in await asyncio.to_thread(still_there, owner):
            self._history.add(OUTLIVED, worker=pid, process=process)


async def ended(member: Member) -> int:
    """Wait for a process's end; one that takes longer than `END_WITHIN_S` is killed. Returns its status."""
    try:
        async with asyncio.timeout(END_WITHIN_S):
            return await member.process.wait()
    except TimeoutError:
        member.send(signal.SIGKILL)
        return await member.process.wait()
