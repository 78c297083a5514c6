"""The queue and the state of one service, opened together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from preview_worker.config.settings import Settings
from preview_worker.state.connection import StateClient, open_state
from preview_worker.state.keys import StateKeys
from preview_worker.state.redis_location import find_redis_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """Where Redis is (which may hold a password), a client for our own keys, and their names."""

    redis_url: str = field(repr=False)
    client: StateClient
    keys: StateKeys


@asynccontextmanager
async def open_connections(settings: Settings) -> AsyncIterator[Connections]:
    """Find Redis as the decisions say and open the state's client; closed on exit."""
    url = await asyncio.to_thread(find_redis_url, settings.redis_url, settings.data_dir)
    client = open_state(url)
    try:
        yield Connections(
            redis_url=url,
            client=client,
            keys=StateKeys(queue_name=settings.queue_name, prefix=settings.queue_prefix),
        )
    finally:
        await client.aclose()
