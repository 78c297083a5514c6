"""What can be read of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What health reports about the server; None where the server doesn't let us read it.

    Attributes:
        ping_ms: Round trip of one PING.
        version: Redis-compatible version.
        eviction_policy: Anything but `noeviction` may drop jobs.
        append_only: Whether writes go to the append-only file.
        append_fsync: `always`, `everysec` or `no`.
    """

    ping_ms: float
    version: str | None
    eviction_policy: str | None
    append_only: bool | None
    append_fsync: str | None
