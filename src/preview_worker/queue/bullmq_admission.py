"""Admission: our gate, BullMQ's own add and our record in one Lua step.

Checking a limit and adding afterwards overshoots as soon as two producers race (101 of 100 were measured with four), so
the gate stands in front of BullMQ's add script inside one script. The package's text is taken as installed and becomes
a local function: it sees its own KEYS and ARGV first, ours follow.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from bullmq.job import Job
from bullmq.redis_connection import SCRIPT_DEFINITIONS, loadScript
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from preview_worker.queue.backoff import FIRST_DELAY_MS
from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.queue.bullmq_contract import ADD_KEYS, JOB_NAME
from preview_worker.queue.bullmq_retention import RetentionRules
from preview_worker.queue.fairness import BAND_BASES, MAXIMUM_TAG, PRIORITY_SCORE_SHIFT
from preview_worker.queue.port import (
    Admission,
    AdmissionGate,
    Admitted,
    Conflicting,
    ExistingRecord,
    NewJob,
    Refused,
    Replayed,
)

_ADD_BEFORE: Final = "local function add_to_bullmq()\n"

# KEYS after BullMQ's nine: wait, paused, record, fairness, job hash. ARGV after BullMQ's three: see `arguments_of`.
_NAMES: Final = """
end
local wait_key, paused_key, record_key, fair_key, job_key = KEYS[10], KEYS[11], KEYS[12], KEYS[13], KEYS[14]
local prioritized_key, delayed_key, active_key = KEYS[4], KEYS[5], KEYS[7]
local key_prefix, job_id, digest, project, request_id = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local queue_max, record_ttl_s = tonumber(ARGV[9]), tonumber(ARGV[10])
local band, band_base, maximum_tag, shift = ARGV[11], tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])

"""
_IDENTITY: Final = """
-- Identity: a job id names one digest for good.
local known = redis.call('HMGET', record_key,
  'jobId', 'digest', 'projectId', 'requestId', 'generation', 'state', 'admittedAtMs')
if known[1] then
  return {known[2] == digest and 'replayed' or 'conflicting', unpack(known)}
end
if redis.call('EXISTS', job_key) == 1 then
  return {'conflicting', job_id, false, false, false, false, false, false}
end

"""
_LIMIT: Final = """
-- Limit: everything that no worker has started, foreign jobs too.
local before = redis.call('LLEN', wait_key) + redis.call('LLEN', paused_key)
local backlog = before + redis.call('ZCARD', prioritized_key) + redis.call('ZCARD', delayed_key)
if backlog >= queue_max then
  return {'refused', backlog}
end

"""
_ORDER: Final = """
-- Order: see fairness.py. `now` is the largest tag started: remembered, seen running, or implied by what waits.
if backlog == 0 then redis.call('DEL', fair_key) end
local now = tonumber(redis.call('HGET', fair_key, 'started:' .. band) or 0)
for _, id in ipairs(redis.call('LRANGE', active_key, 0, 255)) do
  local tag = (tonumber(redis.call('HGET', key_prefix .. id, 'priority') or 0) or 0) - band_base
  if tag > now and tag <= maximum_tag then now = tag end
end
local first = redis.call('ZRANGEBYSCORE', prioritized_key, string.format('%.0f', (band_base + 1) * shift),
  string.format('(%.0f', (band_base + maximum_tag + 1) * shift), 'WITHSCORES', 'LIMIT', 0, 1)
if first[2] then
  now = math.max(now, math.floor(tonumber(first[2]) / shift) - band_base - 1)
end
local last_field = 'last:' .. band .. ':' .. project
local last = tonumber(redis.call('HGET', fair_key, last_field) or 0)
local tag = math.min(math.max(now, last + 1), maximum_tag)
local priority = band_base + tag

local options = cmsgpack.unpack(ARGV[3])
options['priority'] = priority
ARGV[3] = cmsgpack.pack(options)
add_to_bullmq()

redis.call('HSET', fair_key, 'started:' .. band, now, last_field, tag)
if redis.call('HLEN', fair_key) > 512 then
  -- A tag that `now` has overtaken decides nothing any more.
  local fields = redis.call('HGETALL', fair_key)
  local passed = 'last:' .. band .. ':'
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, #passed) == passed and tonumber(fields[i + 1]) < now then
      redis.call('HDEL', fair_key, fields[i])
    end
  end
end

local clock = redis.call('TIME')
local now_ms = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
local position = before + redis.call('ZRANK', prioritized_key, job_id) + 1
"""
_NEW_RECORD: Final = """
redis.call('HSET', record_key, 'jobId', job_id, 'digest', digest, 'projectId', project, 'requestId', request_id,
  'generation', 1, 'fence', 0, 'state', 'queued', 'admittedAtMs', now_ms)
redis.call('EXPIRE', record_key, record_ttl_s)
return {'admitted', position, priority, now_ms}
"""


def admission_script() -> str:
    """Return the whole Lua text: BullMQ's add script wrapped by ours."""
    return adding_script(before=_IDENTITY, after=_NEW_RECORD)


def adding_script(*, before: str, after: str, room: str = "") -> str:
    """Return BullMQ's add script behind our limit and order, as one Lua text.

    Args:
        before: Lua that decides whether to add; it returns where not.
        after: Lua that writes what belongs to the job and returns the answer.
        room: Lua that runs when the limit has let the job in, before it is added.
    """
    add = loadScript(SCRIPT_DEFINITIONS["addPrioritizedJob"])
    return f"{_ADD_BEFORE}{add}{_NAMES}{before}{_LIMIT}{room}{_ORDER}{after}"


class BullmqAdmission:
    """Admits jobs to one queue through one client."""

    def __init__(self, client: Redis, backend: Any, address: QueueAddress, retention: RetentionRules) -> None:
        self._script: AsyncScript = client.register_script(admission_script())
        self._backend = backend
        self._address = address
        self._retention = retention

    async def admit(self, job: NewJob, gate: AdmissionGate) -> Admission:
        """Run the admission step once; Redis' own exceptions leave untranslated."""
        keys, arguments = self.arguments_of(job, gate)
        return _admission(await self._script(keys=keys, args=arguments), job, gate)

    def arguments_of(self, job: NewJob, gate: AdmissionGate) -> tuple[list[str], list[Any]]:
        """KEYS and ARGV of every script that adds a job."""
        address = self._address
        keys = [address.key(suffix) for suffix in (*ADD_KEYS, "wait", "paused")]
        keys += [address.record_key(job.job_id), address.fairness_key, address.key(job.job_id)]
        arguments: list[Any] = [
            *self._add_arguments(job),
            address.key(""),
            job.job_id,
            job.digest,
            job.project_id,
            job.request_id,
            gate.queue_max,
            gate.record_ttl_s,
            job.band.value,
            BAND_BASES[job.band],
            MAXIMUM_TAG,
            PRIORITY_SCORE_SHIFT,
        ]
        return keys, arguments

    def _add_arguments(self, job: NewJob) -> list[Any]:
        """Let BullMQ pack its own three arguments; the priority in them is replaced inside the script."""
        options: Any = {
            "jobId": job.job_id,
            "attempts": job.attempts,
            "priority": 1,
            "timestamp": round(time.time() * 1000),
            "backoff": {"type": "exponential", "delay": FIRST_DELAY_MS},
            "removeOnComplete": asdict(self._retention.completed),
            "removeOnFail": asdict(self._retention.failed),
        }
        owner: Any = _Owner(self._backend)
        bullmq_job = Job(owner, JOB_NAME, job.payload, options)
        arguments: list[Any] = self._backend.scripts.addJobArgs(bullmq_job)
        return arguments


class _Owner:
    """What bullmq's Job wants of its queue."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.qualifiedName = backend.qualifiedName


def _admission(answer: Sequence[Any], job: NewJob, gate: AdmissionGate) -> Admission:
    match answer[0]:
        case "replayed":
            return Replayed(existing=_existing(answer[1:]))
        case "conflicting":
            return Conflicting(existing=_existing(answer[1:]))
        case _:
            return added(answer, job, gate)


def added(answer: Sequence[Any], job: NewJob, gate: AdmissionGate) -> Admitted | Refused:
    """What a script that adds a job answers when nothing but the limit could be in its way."""
    match answer[0]:
        case "admitted":
            return Admitted(
                job_id=job.job_id,
                position=int(answer[1]),
                priority=int(answer[2]),
                admitted_at_ms=int(answer[3]),
            )
        case "refused":
            return Refused(backlog=int(answer[1]), queue_max=gate.queue_max)
        case unknown:
            raise AssertionError(f"the script answered {unknown!r}")


def _existing(fields: Sequence[Any]) -> ExistingRecord:
    job_id, digest, project_id, request_id, generation, state, admitted_at_ms = fields
    return ExistingRecord(
        job_id=job_id,
        digest=digest or "",
        project_id=project_id or "",
        request_id=request_id or "",
        generation=int(generation or 0),
        state=state or "",
        admitted_at_ms=int(admitted_at_ms or 0),
    )
