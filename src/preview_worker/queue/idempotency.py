"""The producer's own names for requests: the same key brings the same answer again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from preview_worker.contract.digest import payload_digest
from preview_worker.errors import PermanentError

KEY_MAX_CHARACTERS: Final = 255
KEY_TTL_S: Final = 24 * 3600
"""How long a key is remembered after the request that brought it last."""

_PRINTABLE: Final = range(0x20, 0x7F)


class BadKeyError(PermanentError):
    """The key isn't one."""

    default_code = "bad-idempotency-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A key, and what it was sent with.

    Attributes:
        name: SHA-256 of the key, in hex: what producers write stays out of Redis' names.
        fingerprint: What the payload as sent asks for, its files aside, and its job id; another is another request.
    """

    name: str
    fingerprint: str


def idempotency_key(text: str, payload: dict[str, Any]) -> IdempotencyKey:
    """The key of a request.

    The ids of requests, dates, priority and attempts may differ between two tries of one request, as they may between
    two posts of one job; files may have changed between them.

    Args:
        text: As the producer wrote it.
        payload: As it was sent.

    Raises:
        BadKeyError: It is empty, longer than 255 characters or not printable ASCII (permanent).
    """
    unprintable = any(ord(character) not in _PRINTABLE for character in text)
    if unprintable or not 0 < len(text) <= KEY_MAX_CHARACTERS:
        fault = "some are not printable ASCII" if unprintable else f"this one has {len(text)}"
        raise BadKeyError(
            f"An Idempotency-Key has 1 to {KEY_MAX_CHARACTERS} printable ASCII characters; {fault}. "
            "Send a UUID, for example."
        )
    job_id = payload.get("jobId")
    named = job_id.lower() if isinstance(job_id, str) else ""
    return IdempotencyKey(
        name=hashlib.sha256(text.encode()).hexdigest(), fingerprint=f"{payload_digest(payload)}:{named}"
    )
