"""Dead letters as a BullMQ queue without a worker, ``<queue>-dlq``, which every dashboard shows.

A letter is added in the same Lua step as the move to failed, so that a worker that dies leaves both or neither. A mark
on the failed job says that it had its letter: what failed without one (a foreign worker's job, or a server that ran out
of memory within the step) gets it from `reconcile`, and one that an operator removed doesn't come back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bullmq.job import Job
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from preview_worker.queue.bullmq_connections import (
    QueueAddress,
    bullmq_backend,
    refuses_everything,
    translated_errors,
)
from preview_worker.queue.bullmq_contract import LETTER_KEYS
from preview_worker.queue.bullmq_jobs import json_object, split_reason, storable, whole_number
from preview_worker.queue.bullmq_letter_scripts import MARK, REMOVE, failing_script, reconciling_script
from preview_worker.queue.dead_letters import LOG_TAIL_LINES, DeadLetter
from preview_worker.queue.delivery import CANCELLED, Observer, ignore_event
from preview_worker.queue.settler import UNWRITABLE

LETTER_NAME: Final = "dead-letter"
_DEADLINE_S: Final = 2.0


class BullmqDeadLetters:
    """`DeadLetters` on BullMQ, and the writing of them.

    Args:
        client: A client that no blocking command shares.
        address: The queue whose failures are kept.
        version: Of the worker, for the letters that it writes.
        observe: Guarded observer; hears of jobs whose letter can't be written as it is.
    """

    def __init__(
        self, client: Redis, address: QueueAddress, *, version: str = "", observe: Observer = ignore_event
    ) -> None:
        self._client = client
        self._address = address
        self._observe = observe
        self.version = version
        self._letters = QueueAddress(url=address.url, queue_name=f"{address.queue_name}-dlq", prefix=address.prefix)
        self._backend = bullmq_backend(client, self._letters)
        self.backend = self._backend
        self.qualifiedName = self._backend.qualifiedName
        self.opts: dict[str, Any] = {}
        self._fail = client.register_script(failing_script())
        self._reconcile = client.register_script(reconciling_script())
        self._remove = client.register_script(REMOVE)

    async def fail(self, letter: DeadLetter, finish: tuple[Sequence[str], Sequence[Any]]) -> Any:
        """Move a job to failed and write its letter, in one step that checks the lock.

        A job that was cancelled meanwhile ends as cancelled, without a letter.

        Args:
            letter: The letter; its own id, generation, request and crashes are the server's to say.
            finish: KEYS and ARGV of BullMQ's moveToFinished.

        Returns:
            What moveToFinished answers: a negative number where the job isn't ours any more.
        """
        keys, arguments = finish
        return await self._fail(
            keys=[*keys, *self._letter_keys(), *self._job_keys(letter.job_id)],
            args=[*self._letter_arguments(letter), *arguments],
        )

    async def reconcile(self) -> int:
        """Write the letters that failed jobs lack; returns how many.

        A job that the server refuses to touch keeps no other from its letter.

        Raises:
            QueueUnavailableError: The server doesn't answer, or takes no writes at all now.
        """
        written = 0
        async with translated_errors(_DEADLINE_S):
            for job_id in await self._client.zrange(self._address.key("failed"), 0, -1):
                try:
                    written += await self._reconciled(str(job_id))
                except ResponseError as error:
                    if refuses_everything(error):
                        raise
                    self._observe("letter-refused", {"job_id": str(job_id), "reason": str(error)})
        return written

    async def _reconciled(self, job_id: str) -> int:
        letter = await self._missing(job_id)
        if letter is None:
            return 0
        keys = [*self._letter_keys(), *self._job_keys(job_id), self._address.key("failed")]
        return int(await self._reconcile(keys=keys, args=[*self._letter_arguments(letter), job_id]))

    async def _missing(self, job_id: str) -> DeadLetter | None:
        """The letter of a failed job that has had none."""
        fields = await self._hash(self._address.key(job_id))
        code, sentence = split_reason(fields.get("failedReason"))
        if not fields or MARK in fields or code == CANCELLED:
            return None
        return DeadLetter(
            job_id=job_id,
            payload=json_object(fields.get("data")) or {},
            code=code or "failed",
            sentence=sentence or "The job failed; nobody said why.",
            attempts=whole_number(fields.get("atm")),
            stalls=whole_number(fields.get("stc")),
            failed_at_ms=whole_number(fields.get("finishedOn")),
            log_tail=await self.log_tail(job_id),
            version=self.version,
        )

    async def log_tail(self, job_id: str) -> tuple[str, ...]:
        """The last lines of a job's log."""
        lines = await self._client.lrange(self._address.key(f"{job_id}:logs"), -LOG_TAIL_LINES, -1)
        return tuple(str(line) for line in lines)

    async def count(self) -> int:
        """See `DeadLetters.count`."""
        async with translated_errors(_DEADLINE_S):
            return int(await self._client.llen(self._letters.key("wait")))

    async def page(self, first: int, count: int) -> Sequence[DeadLetter]:
        """See `DeadLetters.page`."""
        async with translated_errors(_DEADLINE_S):
            ids = await self._client.lrange(self._letters.key("wait"), first, first + count - 1)
            found = [(str(key), await self._hash(self._letters.key(str(key)))) for key in ids]
        return [_letter(letter_id, fields) for letter_id, fields in found if fields]

    async def get(self, letter_id: str) -> DeadLetter | None:
        """See `DeadLetters.get`."""
        async with translated_errors(_DEADLINE_S):
            fields = await self._hash(self._letters.key(letter_id))
        return _letter(letter_id, fields) if fields.get("name") == LETTER_NAME else None

    async def remove(self, letter_ids: Collection[str]) -> int:
        """See `DeadLetters.remove`."""
        if not letter_ids:
            return 0
        async with translated_errors(_DEADLINE_S):
            keys = [self._letters.key("wait"), self._letters.key("")]
            return int(await self._remove(keys=keys, args=list(letter_ids)))

    async def beyond(self, most: int, largest_bytes: int) -> list[str]:
        """Ids of the oldest letters, without which no more than so many and so large ones are left; oldest first."""
        async with translated_errors(_DEADLINE_S):
            ids = [str(found) for found in await self._client.lrange(self._letters.key("wait"), 0, -1)]
            pipeline = self._client.pipeline(transaction=False)
            for letter_id in ids:
                pipeline.hstrlen(self._letters.key(letter_id), "data")
            sizes = await pipeline.execute() if ids else []
        kept, total = 0, 0
        for size in sizes[:most]:
            total += int(size)
            if total > largest_bytes:
                break
            kept += 1
        return ids[kept:][::-1]

    def _letter_keys(self) -> list[str]:
        return [self._letters.key(suffix) for suffix in LETTER_KEYS]

    def _job_keys(self, job_id: str) -> list[str]:
        address = self._address
        return [address.key(job_id), address.record_key(job_id), address.crashes_key(job_id)]

    def _letter_arguments(self, letter: DeadLetter) -> list[Any]:
        """A letter's arguments of the scripts; where its payload can't be written, it comes without."""
        try:
            return self._packed(letter)
        except UNWRITABLE as error:
            self._observe("letter-without-payload", {"job_id": letter.job_id, "error": repr(error)})
            return self._packed(replace(letter, payload={}))

    def _packed(self, letter: DeadLetter) -> list[Any]:
        owner: Any = self  # bullmq reads three attributes of what it takes for its Queue
        options: Any = {"jobId": letter.job_id, "timestamp": round(time.time() * 1000)}
        head, data, packed = self._backend.scripts.addJobArgs(Job(owner, LETTER_NAME, _members(letter), options))
        return [head, str(data).removesuffix("}"), packed]

    async def _hash(self, key: str) -> dict[str, str]:
        fields = await self._client.hgetall(key)
        return {str(name): str(value) for name, value in fields.items()}


def _members(letter: DeadLetter) -> dict[str, Any]:
    """A letter as it is stored, but for what the server adds: requestId, crashes, generation."""
    return {
        "schemaVersion": 1,
        "jobId": letter.job_id,
        "payload": letter.payload,
        "code": letter.code,
        "sentence": storable(letter.sentence, len(letter.sentence)),
        "pointer": letter.pointer,
        "stepId": letter.step_id,
        "attempts": letter.attempts,
        "stalls": letter.stalls,
        "failedAtMs": letter.failed_at_ms,
        "logTail": list(letter.log_tail),
        "version": letter.version,
    }


def _letter(letter_id: str, fields: Mapping[str, str]) -> DeadLetter:
    data = _sayable(fields.get("data", ""))
    payload, lines = data.get("payload"), data.get("logTail")
    pointer, step_id = data.get("pointer"), data.get("stepId")
    return DeadLetter(
        letter_id=letter_id,
        job_id=str(data.get("jobId") or letter_id),
        generation=whole_number(data.get("generation")),
        payload=payload if isinstance(payload, dict) else {},
        code=str(data.get("code") or ""),
        sentence=str(data.get("sentence") or ""),
        pointer=pointer if isinstance(pointer, str) else None,
        step_id=step_id if isinstance(step_id, str) else None,
        attempts=whole_number(data.get("attempts")),
        stalls=whole_number(data.get("stalls")),
        failed_at_ms=whole_number(data.get("failedAtMs")),
        log_tail=tuple(str(line) for line in lines) if isinstance(lines, list) else (),
        version=str(data.get("version") or ""),
        request_id=str(data.get("requestId") or ""),
        crashes=whole_number(data.get("crashes")),
    )


def _sayable(text: str) -> dict[str, Any]:
    """A letter's data without halves of surrogate pairs, which a job may escape and no file or terminal takes."""
    data = json_object(text) or {}
    if "\\ud" not in text.lower():
        return data
    said = json.dumps(data, ensure_ascii=False)
    return json_object(storable(said, len(said))) or {}
