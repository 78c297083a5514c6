"""The Lua text of admission: our gates, supersession and order around BullMQ's own add.

The package's scripts are taken as installed and become local functions with KEYS and ARGV of their own. What follows
them reads its arguments by the names that `_NAMES` gives them.
"""

from __future__ import annotations

from typing import Final

from bullmq.redis_connection import SCRIPT_DEFINITIONS, loadScript

from preview_worker.queue.bullmq_contract import ADD_ARGUMENTS, ADD_KEYS
from preview_worker.queue.bullmq_withdrawal import withdrawing_script

OWN_KEYS: Final = ("wait", "paused", "record", "fairness", "job", "idempotency key")
"""KEYS after BullMQ's own."""

OWN_ARGUMENTS: Final = (
    "key_prefix",
    "job_id",
    "digest",
    "project",
    "request_id",
    "queue_max",
    "record_ttl_s",
    "band",
    "band_base",
    "maximum_tag",
    "shift",
    "memory_ratio",
    "scope",
    "supersede",
    "withdrawal_options",
    "fingerprint",
    "key_ttl_s",
    "again",
)
"""ARGV after BullMQ's own, by their names in the text. An empty fingerprint means that there is no key."""

KEYS_TAKEN: Final = len(ADD_KEYS) + len(OWN_KEYS)
ARGUMENTS_TAKEN: Final = ADD_ARGUMENTS + len(OWN_ARGUMENTS)
"""A script that goes on after `adding_script`'s finds its own behind these."""

_ADD: Final = """
local function add_to_bullmq(KEYS, ARGV)
{add}
end
local wait_key, paused_key, record_key, fair_key, job_key, named_key = unpack(KEYS, {keys} + 1)
local prioritized_key, delayed_key, completed_key, active_key = KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local {names} = unpack(ARGV, {arguments} + 1)
queue_max, band_base, maximum_tag = tonumber(queue_max), tonumber(band_base), tonumber(maximum_tag)
shift, memory_ratio = tonumber(shift), tonumber(memory_ratio)

local function record_of(id)
  return key_prefix .. 'pvw:job:' .. string.lower(id)
end
-- How much memory the server uses of how much; nil where nothing bounds it or it doesn't let us read that.
local function low_memory()
  local read, facts = pcall(redis.call, 'INFO', 'memory')
  if not read then return nil end
  local maximum = tonumber(string.match(facts, 'maxmemory:(%d+)') or 0)
  local uncounted = tonumber(string.match(facts, 'mem_not_counted_for_evict:(%d+)') or 0)
  local used = tonumber(string.match(facts, 'used_memory:(%d+)') or 0) - uncounted
  if maximum > 0 and used >= maximum * memory_ratio then return {{'memory-low', used, maximum}} end
end
"""

IDENTITY: Final = """
local known_fields = {'jobId', 'digest', 'projectId', 'requestId', 'generation', 'state', 'admittedAtMs'}
-- Key: names one request for a day.
if fingerprint ~= '' then
  local named_job, named_fingerprint = unpack(redis.call('HMGET', named_key, 'jobId', 'fingerprint'))
  local named = named_job and redis.call('HMGET', record_of(named_job), unpack(known_fields))
  if named and named[1] then
    if named_fingerprint ~= fingerprint then return {'key-reused', named_job} end
    return {'replayed', unpack(named)}
  end
end
local function remember_key(id)
  if fingerprint == '' then return end
  redis.call('HSET', named_key, 'jobId', id, 'fingerprint', fingerprint)
  redis.call('EXPIRE', named_key, key_ttl_s)
end

-- Identity: a job id names one digest for good. What has completed is run again where its artifact is damaged.
local known = redis.call('HMGET', record_key, unpack(known_fields))
if known[1] then
  if known[2] ~= digest then return {'conflicting', unpack(known)} end
  local ended = redis.call('ZSCORE', completed_key, job_id)
  if not ended then ended = known[6] == 'completed' and redis.call('EXISTS', job_key) == 0 end
  if again == '0' or known[1] ~= job_id or not ended then
    if not low_memory() then remember_key(known[1]) end
    return {'replayed', unpack(known)}
  end
elseif redis.call('EXISTS', job_key) == 1 then
  return {'conflicting', job_id, false, false, false, false, false, false}
end
"""

_GATES: Final = """
local short = low_memory()
if short then return short end

-- Supersession: which jobs of the same scope go. A foreign job tells its scope by its payload alone.
local function scope_of(id)
  local told = redis.call('HGET', record_of(id), 'scope')
  if told then return told end
  if redis.call('HSTRLEN', key_prefix .. id, 'data') > 262144 then return '' end
  local read, job = pcall(cjson.decode, redis.call('HGET', key_prefix .. id, 'data') or '')
  local request = read and type(job) == 'table' and job['previewRequest']
  if type(request) ~= 'table' or type(job['projectId']) ~= 'string' then return '' end
  local function text(value, default) return type(value) == 'string' and value or default end
  return table.concat({job['dryRun'] == true and 'plan' or 'preview', job['projectId'],
    string.lower(text(request['language'], 'en')), text(request['chapterId'], '')}, '\\n')
end
-- What is committed stays, also where it waits again since its worker died: it may be visible already.
local function goes(id)
  local state = redis.call('HGET', record_of(id), 'state')
  return id ~= job_id and state ~= 'committed' and state ~= 'completed' and scope_of(id) == scope
end
local waiting, running = {}, {}
if supersede ~= 'none' then
  local function gather(into, ids)
    for _, id in ipairs(ids) do
      if goes(id) then table.insert(into, id) end
    end
  end
  gather(waiting, redis.call('ZRANGE', prioritized_key, 0, 9999))
  gather(waiting, redis.call('ZRANGE', delayed_key, 0, 9999))
  gather(waiting, redis.call('LRANGE', wait_key, 0, 9999))
  gather(waiting, redis.call('LRANGE', paused_key, 0, 9999))
  if supersede == 'all' then gather(running, redis.call('LRANGE', active_key, 0, 255)) end
end

-- Limit: everything that no worker has started, foreign jobs too.
local function unstarted()
  return redis.call('LLEN', wait_key) + redis.call('LLEN', paused_key)
end
local backlog = unstarted() + redis.call('ZCARD', prioritized_key) + redis.call('ZCARD', delayed_key) - #waiting
if backlog >= queue_max then
  return {'refused', backlog}
end

local superseded = {}
for _, id in ipairs(waiting) do
  if withdraw(key_prefix, id, record_of(id), job_id, withdrawal_options, record_ttl_s) then
    table.insert(superseded, id)
  end
end
for _, id in ipairs(running) do
  if ask(record_of(id), id, key_prefix .. id, job_id, record_ttl_s) then table.insert(superseded, id) end
end
local before = unstarted()
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
add_to_bullmq(KEYS, ARGV)

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

local now_ms = now_in_ms()
local position = before + redis.call('ZRANK', prioritized_key, job_id) + 1
"""

CLEAR_ROOM: Final = """
redis.call('ZREM', completed_key, job_id)
redis.call('DEL', job_key, job_key .. ':logs')
"""
"""What is left of a job that is run again makes room only when the limit lets it come back."""

NEW_RECORD: Final = """
redis.call('HSET', record_key, 'jobId', job_id, 'digest', digest, 'projectId', project, 'requestId', request_id,
  'generation', (known[5] or 0) + 1, 'state', 'queued', 'admittedAtMs', now_ms, 'scope', scope)
redis.call('HSETNX', record_key, 'fence', 0)
redis.call('HDEL', record_key, 'cancel', 'cancelSentence', 'supersededBy', 'failedCode', 'failedReason',
  'finishedAtMs')
redis.call('EXPIRE', record_key, record_ttl_s)
remember_key(job_id)
return {'admitted', position, priority, now_ms, superseded}
"""


def admission_script() -> str:
    """Return the whole Lua text of an admission."""
    return adding_script(before=IDENTITY, room=CLEAR_ROOM, after=NEW_RECORD)


def adding_script(*, before: str, after: str, room: str) -> str:
    """Return BullMQ's add script behind our gates and order, as one Lua text.

    Args:
        before: Lua that decides whether to add; it returns where not.
        room: Lua that runs when the gates have let the job in, before it is added.
        after: Lua that writes what belongs to the job and returns the answer.
    """
    head = _ADD.format(
        add=loadScript(SCRIPT_DEFINITIONS["addPrioritizedJob"]),
        keys=len(ADD_KEYS),
        arguments=ADD_ARGUMENTS,
        names=", ".join(OWN_ARGUMENTS),
    )
    return withdrawing_script(f"{head}{before}{_GATES}{room}{_ORDER}{after}")
