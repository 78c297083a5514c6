"""Dead letters of the queue in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from preview_worker.queue.dead_letters import DeadLetter


class MemoryDeadLetters:
    """`DeadLetters` that are lost with the process."""

    def __init__(self) -> None:
        self._letters: dict[str, DeadLetter] = {}

    def write(self, letter: DeadLetter) -> None:
        """Keep a letter of a job's first generation."""
        letter_id = f"{letter.job_id}.g1"
        self._letters[letter_id] = replace(letter, letter_id=letter_id, generation=1)

    async def count(self) -> int:
        """See `DeadLetters.count`."""
        return len(self._letters)

    async def page(self, first: int, count: int) -> Sequence[DeadLetter]:
        """See `DeadLetters.page`."""
        return [*reversed(self._letters.values())][first : first + count]

    async def get(self, letter_id: str) -> DeadLetter | None:
        """See `DeadLetters.get`."""
        return self._letters.get(letter_id)

    async def remove(self, letter_ids: Collection[str]) -> int:
        """See `DeadLetters.remove`."""
        return sum(self._letters.pop(letter_id, None) is not None for letter_id in set(letter_ids))
