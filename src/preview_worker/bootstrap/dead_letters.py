"""The dead letters of the service that the settings describe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from preview_worker.bootstrap.connections import open_connections
from preview_worker.config.settings import Settings
from preview_worker.queue.bullmq_connections import QueueAddress, connect
from preview_worker.queue.bullmq_dead_letters import BullmqDeadLetters
from preview_worker.queue.bullmq_jobs import DEFAULT_ATTEMPTS
from preview_worker.queue.bullmq_replay import BullmqReplays, NotReplayed
from preview_worker.queue.dead_letters import DeadLetter, LetterWish
from preview_worker.queue.port import AdmissionGate, Admitted, MemoryLow, Refused
from preview_worker.state.records import TOMBSTONE_S

DAY_S = 86_400
_TIMEOUT_S = 2.0
_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterDesk:
    """What an operator may do with dead letters."""

    letters: BullmqDeadLetters
    replays: BullmqReplays

    async def matching(self, wish: LetterWish) -> list[DeadLetter]:
        """The letters that a wish is about, the newest first.

        Raises:
            QueueUnavailableError: Redis doesn't answer (transient).
        """
        found: list[DeadLetter] = []
        for first in range(0, await self.letters.count(), _PAGE):
            found += (letter for letter in await self.letters.page(first, _PAGE) if wish.matches(letter))
        return found

    async def replay(
        self,
        letters: Sequence[DeadLetter],
        *,
        by: str,
        per_s: float | None,
        told: Callable[[DeadLetter, Admitted | MemoryLow | Refused | NotReplayed], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> int:
        """Run jobs again, the oldest first; a full queue or server ends it, and what is left keeps its letter.

        Args:
            letters: Their letters, the newest first.
            by: Who does it, for the audit.
            per_s: At most so many a second; None for no bound.
            told: Hears what became of each.
            sleep: Waits so many seconds.

        Returns:
            How many run again.
        """
        admitted = 0
        for number, letter in enumerate(reversed(letters)):
            if number and per_s is not None:
                await sleep(1 / per_s)
            answer = await self.replays.replay(letter, by=by)
            told(letter, answer)
            admitted += isinstance(answer, Admitted)
            if isinstance(answer, MemoryLow | Refused):
                break
        return admitted

    async def purge(self, letters: Sequence[DeadLetter], *, by: str) -> int:
        """Remove letters for good, which the audit remembers; returns how many."""
        ids = [letter.letter_id for letter in letters]
        await self.replays.note("purge", ids, by=by)
        return await self.letters.remove(ids)


@asynccontextmanager
async def open_dead_letters(settings: Settings) -> AsyncIterator[LetterDesk]:
    """Find Redis and open the dead letters; closed on exit."""
    async with open_connections(settings) as connections:
        address = QueueAddress(url=connections.redis_url, queue_name=settings.queue_name, prefix=settings.queue_prefix)
        gate = AdmissionGate(queue_max=settings.queue_max, record_ttl_s=settings.retention_days * DAY_S + TOMBSTONE_S)
        async with connect(address.url, socket_timeout_s=_TIMEOUT_S) as client:
            yield LetterDesk(
                letters=BullmqDeadLetters(client, address),
                replays=BullmqReplays(client, address, gate=gate, attempts=DEFAULT_ATTEMPTS),
            )
