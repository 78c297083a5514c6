"""The bound of the dead letters: the oldest beyond it become files, so that Redis keeps room for jobs."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from preview_worker.contract import identifier_fault
from preview_worker.errors import QueueUnavailableError, StorageError
from preview_worker.observability.logs import logger
from preview_worker.queue.bullmq_dead_letters import BullmqDeadLetters
from preview_worker.storage.atomic import write_json

EVERY_S = 60.0
LARGEST_BYTES = 64 * 1024 * 1024
"""Of all letters' data in Redis together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterArchive:
    """Moves letters into files.

    Args:
        letters: The dead letters.
        folder: Where the files go, one for each letter.
        most: How many letters stay in Redis.
        largest_bytes: How large they are together at most.
    """

    letters: BullmqDeadLetters
    folder: Path
    most: int
    largest_bytes: int = LARGEST_BYTES

    async def keep(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Look once a minute, for ever; an outage of Redis or a full disk is waited out."""
        while True:
            try:
                archived = await self.archive()
            except (QueueUnavailableError, StorageError) as error:
                logger("worker").warning("letters-not-archived", reason=error.sentence)
            else:
                if archived:
                    logger("worker").info("letters-archived", count=archived)
            await sleep(EVERY_S)

    async def archive(self) -> int:
        """Move what is beyond the bound; returns how many. A letter is in Redis until its file is on the disk.

        Raises:
            QueueUnavailableError, StorageError: Transient; letters that have a file already may still be in Redis.
        """
        archived = 0
        for letter_id in await self.letters.beyond(self.most, self.largest_bytes):
            letter = await self.letters.get(letter_id)
            if letter is not None:
                await asyncio.to_thread(write_json, self.folder / f"{_name(letter_id)}.json", asdict(letter))
                archived += await self.letters.remove([letter_id])
        return archived


def _name(letter_id: str) -> str:
    """A file's name; a foreign producer may have written anything into its job's id."""
    return letter_id if identifier_fault(letter_id) is None else hashlib.sha256(letter_id.encode()).hexdigest()
