"""Ending jobs without a run: a cancel, and the delay of a job that somebody cancelled meanwhile.

A job that waits is ended by BullMQ's own move to failed, which knows active jobs alone: it goes there first, within the
step, and needs no lock. So retention, events and parents are served as for any other failure, and Node clients see one.
Whatever a job does between a cancel and its end, the cancel isn't lost: a run that ends for another reason looks at the
flag in the step that delays or fails the job, and a job that comes back from a dead worker is looked at too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from bullmq.redis_connection import SCRIPT_DEFINITIONS, loadScript
from redis.asyncio import Redis

from preview_worker.queue.bullmq_connections import QueueAddress
from preview_worker.queue.bullmq_contract import FAIL_KEYS
from preview_worker.queue.bullmq_retention import RetentionRules
from preview_worker.queue.cancelling import CANCELLED_SENTENCE, CancelAnswer, CancelVerdict, superseded_sentence
from preview_worker.queue.delivery import CANCELLED

CANCELLED_MARK: Final = "pvwCancelled"
"""Field of a job's hash: it is the one of which the record says that it is cancelled."""
FAILED_MARK: Final = "pvwFailed"
"""Field of a job's hash: the lock of the run that wrote into the record that it failed (`JobRecords.finish`)."""

_WITHDRAW: Final = """
local function finish(KEYS, ARGV)
{finish}
end
local function now_in_ms()
  local clock = redis.call('TIME')
  return string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
end
-- Whether a job stands under a key: the id may be a name under which the queue keeps something else.
local function is_job(job_key)
  return redis.pcall('HEXISTS', job_key, 'timestamp') == 1
end
local function project_of(job_key)
  local read, job = pcall(cjson.decode, redis.call('HGET', job_key, 'data') or '')
  local project = read and type(job) == 'table' and job['projectId']
  local named = type(project) == 'string' and #project <= 128 and string.match(project, '^%w[%w._-]*$')
  return named or ''
end
local function sentence_of(newer)
  return newer and string.format({superseded}, newer) or {cancelled}
end
-- Makes the record of a job that came without one; a run adds what content it names.
local function record_made(record, job_id, job_key, ttl_s)
  if redis.call('HEXISTS', record, 'jobId') == 1 then return end
  redis.call('HSET', record, 'jobId', job_id, 'projectId', project_of(job_key), 'requestId', '', 'state', 'queued',
    'admittedAtMs', now_in_ms())
  redis.call('HSETNX', record, 'generation', 1)
  redis.call('HSETNX', record, 'fence', 0)
  if ttl_s ~= '' then redis.call('EXPIRE', record, ttl_s) end
end
-- Writes into a record that its job is cancelled, and marks the job as the one that is.
local function record_cancelled(record, job_id, job_key, newer, ttl_s)
  record_made(record, job_id, job_key, ttl_s)
  redis.call('HSET', record, 'state', 'cancelled', 'cancel', '1', 'finishedAtMs', now_in_ms(), 'failedCode', '{code}',
    'failedReason', sentence_of(newer))
  if newer then redis.call('HSET', record, 'supersededBy', newer) else redis.call('HDEL', record, 'supersededBy') end
  if ttl_s ~= '' then redis.call('EXPIRE', record, ttl_s) end
  if redis.call('EXISTS', job_key) == 1 then redis.call('HSET', job_key, '{mark}', '1') end
end
-- Ends a job that waits as cancelled, in BullMQ and in its record; false where it doesn't wait (any more).
local function withdraw(prefix, job_id, record, newer, options, ttl_s)
  local function key(name) return prefix .. name end
  local job_key = key(job_id)
  local found = redis.call('LREM', key('wait'), 1, job_id) + redis.call('LREM', key('paused'), 1, job_id)
    + redis.call('ZREM', key('prioritized'), job_id) + redis.call('ZREM', key('delayed'), job_id)
  if found == 0 then return false end
  record_cancelled(record, job_id, job_key, newer, ttl_s)
  if redis.call('EXISTS', job_key) == 0 then return true end
  redis.call('LPUSH', key('active'), job_id)
  finish({{{fail_keys}}}, {{job_id, now_in_ms(), 'failedReason', '{code}: ' .. sentence_of(newer), 'failed', '',
    prefix, cmsgpack.pack(cjson.decode(options))}})
  if redis.call('EXISTS', job_key) == 1 then redis.call('HINCRBY', job_key, 'atm', -1) end
  return true
end
"""
_ENFORCE: Final = """
-- Whether a cancel of the job was accepted and no commit came first, and the newer job for whose sake that was. What
-- has ended calls nothing off: its flag stays for weeks, and the job may be another one under the same id. The job
-- that is cancelled bears a mark.
local function called_off(record, job_id, job_key)
  local known_id, cancel, state, newer =
    unpack(redis.call('HMGET', record, 'jobId', 'cancel', 'state', 'supersededBy'))
  if cancel ~= '1' or (known_id and known_id ~= job_id) then return false end
  local over = state == 'committed' or state == 'completed' or state == 'failed'
  return not over and (state ~= 'cancelled' or redis.call('HEXISTS', job_key, '{mark}') == 1), newer
end
-- Whether the end that a record tells is that of the job in the queue. A failure is its run's own: BullMQ's retry and a
-- job that is added anew leave the record as it is until they get a fence.
local function has_ended(state, job_key)
  if state == 'cancelled' then return redis.call('HEXISTS', job_key, '{mark}') == 1 end
  if state ~= 'failed' then return state == 'committed' or state == 'completed' end
  local run = redis.call('HGET', job_key, '{failed_mark}')
  return run and run == redis.call('GET', job_key .. ':lock')
end
-- Asks the worker that has a job to end it; false where the job's end is told already, or the record is another's.
local function ask(record, job_id, job_key, newer, ttl_s)
  local known_id, state = unpack(redis.call('HMGET', record, 'jobId', 'state'))
  if (known_id and known_id ~= job_id) or has_ended(state, job_key) then return false end
  record_made(record, job_id, job_key, ttl_s)
  if state == 'failed' or state == 'cancelled' then
    redis.call('HSET', record, 'state', 'active')
    redis.call('HDEL', record, 'supersededBy')
  end
  redis.call('HSET', record, 'cancel', '1', 'cancelSentence', sentence_of(newer))
  if newer then redis.call('HSET', record, 'supersededBy', newer) end
  return true
end
-- Ends a job that waits again although somebody has cancelled it.
local function enforce(prefix, job_id, record, options)
  local cancelled, newer = called_off(record, job_id, prefix .. job_id)
  return cancelled and withdraw(prefix, job_id, record, newer, options, '')
end
-- What moveToFinished takes for a job that a run of its own ends, as cancelled whatever the run says.
local function ending_cancelled(arguments, newer)
  local reason = '{code}: ' .. sentence_of(newer)
  arguments[4] = reason
  arguments[9] = cmsgpack.pack({{'failedReason', reason, 'stacktrace', cjson.encode({{reason}})}})
  return arguments
end
"""
# KEYS: record. ARGV: key prefix, job id, options of the move, the record's lifetime in s.
_CANCEL: Final = """
local prefix, ttl_s = ARGV[1], ARGV[4]
local known_id, state = unpack(redis.call('HMGET', KEYS[1], 'jobId', 'state'))
local job_id = known_id or ARGV[2]
local published = state == 'committed' or state == 'completed'
if not is_job(prefix .. job_id) then
  if not state then return {'unknown', job_id, ''} end
  if published or state == 'failed' or state == 'cancelled' then
    return {'ended', job_id, published and 'completed' or state}
  end
  record_cancelled(KEYS[1], job_id, prefix .. job_id, false, ttl_s)
  return {'cancelled', job_id, 'cancelled'}
end
for _, ended in ipairs({'completed', 'failed'}) do
  if redis.call('ZSCORE', prefix .. ended, job_id) then
    return {'ended', job_id, state == 'cancelled' and has_ended(state, prefix .. job_id) and state or ended}
  end
end
if state == 'cancelled' and has_ended(state, prefix .. job_id) then return {'ended', job_id, state} end
if published then return {'too-late', job_id, 'active'} end
if withdraw(prefix, job_id, KEYS[1], false, ARGV[3], ttl_s) then return {'cancelled', job_id, 'cancelled'} end
if ask(KEYS[1], job_id, prefix .. job_id, false, ttl_s) then return {'asked', job_id, 'active'} end
return {'ended', job_id, state}
"""
# KEYS: record. ARGV: key prefix, job id, options of the move.
_ENFORCED: Final = """
return enforce(ARGV[1], ARGV[2], KEYS[1], ARGV[3]) and 1 or 0
"""
# KEYS: moveToDelayed's, record. ARGV: key prefix, job id, options of the move to failed, then moveToDelayed's.
_DELAY: Final = """
local function delay(KEYS, ARGV)
{delay}
end
local record = KEYS[#KEYS]
local result = delay({{unpack(KEYS, 1, #KEYS - 1)}}, {{unpack(ARGV, 4)}})
if type(result) == 'number' and result < 0 then return result end
enforce(ARGV[1], ARGV[2], record, ARGV[3])
return result
"""


def withdrawing_script(text: str) -> str:
    """Lua that may call `withdraw` and what stands beside it, whose first lines say what they take."""
    return (_WITHDRAW + _ENFORCE).format(
        fail_keys=", ".join(f"key('{suffix}')" if suffix else "job_key" for suffix in FAIL_KEYS),
        finish=loadScript(SCRIPT_DEFINITIONS["moveToFinished"]),
        superseded=_quoted(superseded_sentence("%s")),
        cancelled=_quoted(CANCELLED_SENTENCE),
        code=CANCELLED,
        mark=CANCELLED_MARK,
        failed_mark=FAILED_MARK,
    ) + text


def withdrawal_options(retention: RetentionRules) -> str:
    """The options of a move to failed that needs no lock and is no failed attempt, as JSON."""
    return json.dumps({"token": "0", "keepJobs": asdict(retention.failed), "attempts": 1 << 30, "maxMetricsSize": ""})


class BullmqWithdrawals:
    """Cancels jobs of one queue; Redis' own exceptions leave untranslated.

    Args:
        client: A client that no blocking command shares.
        address: The queue.
        retention: For cancelled jobs.
    """

    def __init__(self, client: Redis, address: QueueAddress, retention: RetentionRules) -> None:
        self._address = address
        self._options = withdrawal_options(retention)
        delay = loadScript(SCRIPT_DEFINITIONS["moveToDelayed"])
        self._cancel = client.register_script(withdrawing_script(_CANCEL))
        self._enforce = client.register_script(withdrawing_script(_ENFORCED))
        self._delay = client.register_script(withdrawing_script(_DELAY.format(delay=delay)))

    async def cancel(self, job_id: str, *, record_ttl_s: int) -> CancelAnswer:
        """See `Producer.cancel`."""
        arguments = [*self._arguments(job_id), record_ttl_s]
        verdict, known_id, state = await self._cancel(keys=[self._address.record_key(job_id)], args=arguments)
        return CancelAnswer(verdict=CancelVerdict(verdict), job_id=known_id, state=state)

    async def enforce(self, job_id: str) -> bool:
        """End a job that waits again although it was cancelled; says whether that was so."""
        keys = [self._address.record_key(job_id)]
        return bool(await self._enforce(keys=keys, args=self._arguments(job_id)))

    async def delay(self, job_id: str, move: tuple[Sequence[str], Sequence[Any]]) -> Any:
        """Run BullMQ's move to delayed; a job that was cancelled meanwhile ends in the same step.

        Args:
            job_id: The job.
            move: KEYS and ARGV of BullMQ's moveToDelayed.

        Returns:
            What moveToDelayed answers: a negative number where the job isn't ours any more.
        """
        keys, arguments = move
        record = self._address.record_key(job_id)
        return await self._delay(keys=[*keys, record], args=[*self._arguments(job_id), *arguments])

    def _arguments(self, job_id: str) -> list[Any]:
        return [self._address.key(""), job_id, self._options]


def _quoted(text: str) -> str:
    """A text of ours as a Lua string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
