"""Replay: a failed job runs again as a new generation, in one Lua step.

Its failed BullMQ job and its dead letter go, its record counts a generation more and forgets how it ended, and an entry
of the audit stream says who did it. The record forgets its digest too: what failed has published nothing, and is run
again mostly because a file has been put right, which makes it another content under the same id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from redis.asyncio import Redis

from preview_worker.contract import is_queue_name
from preview_worker.queue.bullmq_admission import BullmqAdmission, added
from preview_worker.queue.bullmq_admission_script import ARGUMENTS_TAKEN, CLEAR_ROOM, KEYS_TAKEN, adding_script
from preview_worker.queue.bullmq_connections import QueueAddress, bullmq_backend, translated_errors
from preview_worker.queue.bullmq_jobs import allowed_attempts, whole_number
from preview_worker.queue.bullmq_retention import RetentionRules
from preview_worker.queue.dead_letters import DeadLetter
from preview_worker.queue.fairness import Band
from preview_worker.queue.port import AdmissionGate, Admitted, MemoryLow, NewJob, Refused

AUDIT_ENTRIES: Final = 10_000
_DEADLINE_S: Final = 2.0

# KEYS after an adding script's: failed jobs, waiting letters, the letter, the audit stream.
# ARGV after an adding script's: letter, generation, who, bound of the audit stream.
_BEFORE: Final = f"""
local failed_key, letters_key, letter_key, audit_key = unpack(KEYS, {KEYS_TAKEN} + 1)
local letter, letter_generation, operator, audit_entries = unpack(ARGV, {ARGUMENTS_TAKEN} + 1)
if redis.call('EXISTS', letter_key) == 0 then return {{'gone'}} end
local generation = redis.call('HGET', record_key, 'generation') or '1'
if generation ~= letter_generation then return {{'newer', generation}} end
if redis.call('EXISTS', job_key) == 1 and not redis.call('ZSCORE', failed_key, job_id) then return {{'busy'}} end

"""
_AFTER: Final = """
redis.call('HSET', record_key, 'generation', generation + 1, 'state', 'queued', 'admittedAtMs', now_ms)
redis.call('HDEL', record_key, 'digest', 'scope', 'cancel', 'cancelSentence', 'supersededBy', 'failedCode',
  'failedReason', 'finishedAtMs')
redis.call('EXPIRE', record_key, record_ttl_s)
redis.call('LREM', letters_key, 0, letter)
redis.call('DEL', letter_key)
redis.call('XADD', audit_key, 'MAXLEN', '~', audit_entries, '*', 'action', 'replay', 'letter', letter, 'by', operator,
  'generation', generation + 1)
return {'admitted', position, priority, now_ms, superseded}
"""
# The failed job makes room only when the limit lets it come back.
_ROOM: Final = "redis.call('ZREM', failed_key, job_id)\n" + CLEAR_ROOM


class NotReplayed(StrEnum):
    """Why a letter wasn't replayed."""

    GONE = "gone"
    """It was replayed or removed meanwhile."""
    NEWER = "newer"
    """Its job has been replayed since; that generation counts."""
    BUSY = "busy"
    """A job of this id waits or runs."""
    RESERVED = "reserved"
    """The queue uses the job's id for itself; a foreign producer had added it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One act of an operator; `at_ms` is the server's clock."""

    at_ms: int
    action: str
    letter_id: str
    by: str


class BullmqReplays:
    """Replays dead letters of one queue, and remembers who did.

    Args:
        client: A client that no blocking command shares.
        address: The queue.
        gate: Limits that a replayed job has to keep like any other.
        attempts: Runs of a job that names none.
        retention: For replayed jobs.
    """

    def __init__(
        self,
        client: Redis,
        address: QueueAddress,
        *,
        gate: AdmissionGate,
        attempts: int,
        retention: RetentionRules | None = None,
    ) -> None:
        self._client = client
        self._address = address
        self._letters = QueueAddress(url=address.url, queue_name=f"{address.queue_name}-dlq", prefix=address.prefix)
        self._gate = gate
        self._attempts = attempts
        backend = bullmq_backend(client, address)
        self._admission = BullmqAdmission(client, backend, address, retention or RetentionRules())
        self._script = client.register_script(adding_script(before=_BEFORE, after=_AFTER, room=_ROOM))

    async def replay(self, letter: DeadLetter, *, by: str) -> Admitted | MemoryLow | Refused | NotReplayed:
        """Put a letter's job into the queue again.

        Args:
            letter: As it was read.
            by: Who does it, for the audit.

        Raises:
            QueueUnavailableError: Redis doesn't answer within 2 s; nothing or all has happened.
        """
        if is_queue_name(letter.job_id):
            return NotReplayed.RESERVED
        job = self._job_of(letter)
        keys, arguments = self._admission.arguments_of(job, self._gate)
        keys += [self._address.key("failed"), self._letters.key("wait"), self._letters.key(letter.letter_id)]
        arguments += [letter.letter_id, letter.generation, by, AUDIT_ENTRIES]
        async with translated_errors(_DEADLINE_S):
            answer = await self._script(keys=[*keys, self._address.audit_key], args=arguments)
        return NotReplayed(answer[0]) if answer[0] in set(NotReplayed) else added(answer, job, self._gate)

    async def note(self, action: str, letter_ids: Sequence[str], *, by: str) -> None:
        """Remember what an operator did with some letters."""
        async with translated_errors(_DEADLINE_S):
            for letter_id in letter_ids:
                fields: dict[Any, Any] = {"action": action, "letter": letter_id, "by": by}
                await self._client.xadd(self._address.audit_key, fields, maxlen=AUDIT_ENTRIES)

    async def audit(self, count: int) -> list[AuditEntry]:
        """The last acts, the newest first."""
        async with translated_errors(_DEADLINE_S):
            entries: Any = await self._client.xrevrange(self._address.audit_key, count=count)
        return [
            AuditEntry(
                at_ms=whole_number(str(entry_id).partition("-")[0]),
                action=str(fields.get("action", "")),
                letter_id=str(fields.get("letter", "")),
                by=str(fields.get("by", "")),
            )
            for entry_id, fields in entries
        ]

    def _job_of(self, letter: DeadLetter) -> NewJob:
        payload = letter.payload
        priority, request_id = payload.get("priority"), payload.get("requestId")
        return NewJob(
            job_id=letter.job_id,
            project_id=letter.project_id,
            digest="",
            payload=payload,
            band=next((band for band in Band if band == priority), Band.NORMAL),
            attempts=allowed_attempts(payload) if payload.get("attempts") else self._attempts,
            request_id=request_id if isinstance(request_id, str) else "",
        )
