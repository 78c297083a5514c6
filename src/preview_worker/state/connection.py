"""The state's Redis client, and the one place that translates its exceptions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from preview_worker.errors import ConfigurationError, QueueUnavailableError

StateClient = Redis
"""The client's type, for those who only pass it on."""

DEADLINE_S: Final = 2.0
"""Every call of this package answers or fails within this."""

_HEALTH_CHECK_S: Final = 5
_CONNECTIONS_MAX: Final = 32
"""Who comes when all are taken waits; the library's own pool raises instead, from the hundredth on."""


def open_state(url: str) -> Redis:
    """Make the client the classes of this package share; no I/O, close it with ``aclose()``.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``.

    Raises:
        ConfigurationError: If the URL isn't understood.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS_MAX,
            timeout=DEADLINE_S,
            decode_responses=True,
            encoding_errors="replace",
            socket_timeout=DEADLINE_S,
            socket_connect_timeout=DEADLINE_S,
            health_check_interval=_HEALTH_CHECK_S,
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError as error:
        raise ConfigurationError(
            "REDIS_URL isn't understood: use redis://host:port/db, rediss://… or unix:///path/to/socket."
        ) from error
    return Redis.from_pool(pool)


@asynccontextmanager
async def translated_errors() -> AsyncIterator[None]:
    """Run Redis calls within the deadline.

    A cancellation that the client lost on the way is raised at the end: Python 3.11's wait_for, in which the client
    writes, swallows one that meets a finished write, and the task would go on for ever.

    Raises:
        QueueUnavailableError: Unreachable, too slow, out of memory, loading, read-only.
    """
    cancels = _cancels()
    try:
        async with asyncio.timeout(DEADLINE_S):
            yield
    except (RedisError, OSError) as error:  # TimeoutError is an OSError
        if _cancels() > cancels:
            raise asyncio.CancelledError from error
        raise QueueUnavailableError(
            f"Redis doesn't answer as it should ({type(error).__name__}); check that it runs and has memory and disk.",
            hint="`preview-worker health` tells how a running service sees it.",
        ) from error
    if _cancels() > cancels:
        raise asyncio.CancelledError


def _cancels() -> int:
    """Return how often the current task was asked to end."""
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0
