"""What a server has to promise before jobs are entrusted to it."""

from __future__ import annotations

from typing import Final

from preview_worker.errors import ConfigurationError, QueueUnavailableError
from preview_worker.queue.port import Producer
from preview_worker.queue.server_facts import ServerFacts

KEEPS_EVERYTHING: Final = "noeviction"


async def refuse_lossy_server(producer: Producer) -> None:
    """Refuse a server that would drop jobs when its memory is full; one that doesn't answer yet is waited for later.

    Raises:
        ConfigurationError: Its eviction policy is known, and isn't ``noeviction`` (permanent).
    """
    try:
        facts = await producer.server_facts()
    except QueueUnavailableError:
        return
    if drops_jobs(facts):
        raise ConfigurationError(
            f"Redis would drop jobs when its memory is full: its maxmemory-policy is {facts.eviction_policy}.",
            hint=f"Set maxmemory-policy {KEEPS_EVERYTHING} on the server, or use one that nothing else shares.",
        )


def drops_jobs(facts: ServerFacts) -> bool:
    """Whether it is known that the server may evict keys."""
    return facts.eviction_policy not in (None, KEEPS_EVERYTHING)
