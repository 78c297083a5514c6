"""Redis connections for the gateway, and the one place that translates foreign exceptions."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from bullmq.backends.redis_backend import RedisBackend
from bullmq.redis_connection import RedisConnection
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from preview_worker.errors import ConfigurationError, LockLostError, QueueUnavailableError
from preview_worker.queue.bullmq_contract import DEFAULT_PREFIX

HEALTH_CHECK_S: Final = 5
"""A connection idle for longer is pinged before use, so a half-open one costs a reconnect and not a job."""

CONNECTIONS_MAX: Final = 32
"""Of one client; who comes when all are taken waits. The library's own pool raises instead, from the hundredth on."""


_REFUSALS: Final = ("Missing key for job", "Missing lock for job", "Lock mismatch for job", "Job ")
"""How bullmq's TypeErrors begin when a script refused a move, rather than something being wrong with a type."""

_SERVERS_STATE: Final = re.compile(r"(?:^|[ -])(?:OOM|MISCONF|NOREPLICAS|READONLY|BUSY) ")
"""In refusals that the client knows no class for; a script's error may have a preface."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueAddress:
    """Where a queue lives.

    Attributes:
        url: ``redis://``, ``rediss://`` or ``unix://`` URL; may hold a password, so it is kept out of `repr`.
        queue_name: BullMQ queue name.
        prefix: Key prefix; with a hash tag (``{bull}``) every key lies in one slot.
        connector: Makes the clients, `connect` unless told otherwise.
    """

    url: str
    queue_name: str
    prefix: str = DEFAULT_PREFIX
    connector: Callable[..., Redis] | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"QueueAddress(queue_name={self.queue_name!r}, prefix={self.prefix!r})"

    def client(self, *, socket_timeout_s: float, client_name: str | None = None) -> Redis:
        """Make a client as `connect` does."""
        make = self.connector or connect
        return make(self.url, socket_timeout_s=socket_timeout_s, client_name=client_name)

    def key(self, suffix: str) -> str:
        """Return the full name of a queue key or, for a job id, of its hash."""
        return f"{self.prefix}:{self.queue_name}:{suffix}"

    def record_key(self, job_id: str) -> str:
        """Return the key of a job's record; ids are compared without case, so the key is lower case."""
        return self.key(f"pvw:job:{job_id.lower()}")

    def crashes_key(self, job_id: str) -> str:
        """Return the key of the set of a job's crashes, which the number of its generation follows."""
        return self.key(f"pvw:crashes:{job_id.lower()}")

    def idempotency_key(self, name: str) -> str:
        """Return the key of what is remembered of an idempotency key, by its hash."""
        return self.key(f"pvw:key:{name}")

    @property
    def paused_key(self) -> str:
        """The key of our pause flag; its presence counts."""
        return self.key("pvw:paused")

    @property
    def audit_key(self) -> str:
        """The key of the stream that remembers what operators did."""
        return self.key("pvw:audit")

    @property
    def fairness_key(self) -> str:
        """The key of the hash of fairness tags."""
        return self.key("pvw:fair")


def connect(url: str, *, socket_timeout_s: float, client_name: str | None = None) -> Redis:
    """Make a client without I/O; it retries a failed command once on a fresh connection and then raises.

    The library's own 20 retries would hold a request for tens of seconds; waiting out an outage is our loops' work.

    Raises:
        ConfigurationError: If the URL's scheme or a part of it isn't understood.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS_MAX,
            timeout=socket_timeout_s,
            decode_responses=True,
            encoding_errors="replace",
            socket_timeout=socket_timeout_s,
            socket_connect_timeout=min(socket_timeout_s, 2.0),
            health_check_interval=HEALTH_CHECK_S,
            retry=Retry(NoBackoff(), 1),
            client_name=client_name,
        )
    except ValueError as error:
        raise ConfigurationError(
            "REDIS_URL isn't understood: use redis://host:port/db, rediss://… or unix:///path/to/socket."
        ) from error
    return Redis.from_pool(pool)


def bullmq_backend(client: Redis, address: QueueAddress) -> Any:
    """Return BullMQ's Redis backend (its scripts and moves) on a client of ours."""
    return RedisBackend(address.queue_name, RedisConnection(client), prefix=address.prefix)


@asynccontextmanager
async def translated_errors(deadline_s: float | None = None) -> AsyncIterator[None]:
    """Run Redis calls; whatever says that Redis can't do them now becomes one error of ours.

    A cancellation that the client lost on the way is raised at the end: Python 3.11's wait_for, in which the client
    writes, swallows one that meets a finished write, and the task would go on for ever.

    Args:
        deadline_s: Seconds the block may take; None for no bound but the sockets'.

    Raises:
        QueueUnavailableError: Unreachable, too slow, out of memory, loading, read-only.
    """
    cancels = _cancels()
    try:
        async with asyncio.timeout(deadline_s):
            yield
    except (RedisError, OSError) as error:  # TimeoutError, the deadline's too, is an OSError
        if _cancels() > cancels:
            raise asyncio.CancelledError from error
        raise QueueUnavailableError(
            f"Redis doesn't answer as it should ({type(error).__name__}); check that it runs and has memory and disk.",
            hint="`preview-worker health` tells how a running service sees it.",
        ) from error
    if _cancels() > cancels:
        raise asyncio.CancelledError


@asynccontextmanager
async def translated_moves(job_id: str) -> AsyncIterator[None]:
    """Run one of BullMQ's moves; a refused one means that the job isn't ours any more.

    Raises:
        LockLostError: The lock is missing or another's, or the job is gone or not active.
        QueueUnavailableError: As `translated_errors`.
    """
    try:
        async with translated_errors():
            yield
    except TypeError as error:
        if not str(error).startswith(_REFUSALS):
            raise
        raise LockLostError(f"Job {job_id} isn't owned by this worker any more; its outcome is dropped.") from error


def refuses_everything(error: ResponseError) -> bool:
    """Whether a refusal is about the server's state (full, read-only, busy), and no one job's."""
    return type(error) is not ResponseError or _SERVERS_STATE.search(str(error)) is not None


def _cancels() -> int:
    """Return how often the current task was asked to end."""
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0
