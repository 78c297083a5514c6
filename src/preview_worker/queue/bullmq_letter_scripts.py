"""The Lua texts of dead letters: failing a job along with its letter, and a letter for what failed without one."""

from __future__ import annotations

from typing import Final

from bullmq.redis_connection import SCRIPT_DEFINITIONS, loadScript

from preview_worker.queue.bullmq_contract import FAIL_KEYS, LETTER_KEYS
from preview_worker.queue.bullmq_withdrawal import withdrawing_script

MARK: Final = "pvwLetter"
"""Field of a failed job's hash: it had its letter."""

# A letter's data come without their last brace: what the record and the count of crashes say is known inside the step
# alone.
_ADD: Final = """
local function add_letter(KEYS, ARGV)
{add}
end
local function write_letter(keys, head, data, options, job_key, record_key, crashes_key)
  local request_id, generation = unpack(redis.call('HMGET', record_key, 'requestId', 'generation'))
  generation = generation or '1'
  local arguments, suffix = cmsgpack.unpack(head), '.g' .. generation
  arguments[2] = arguments[2] .. suffix
  local crashes = redis.call('ZCARD', crashes_key .. suffix)
  local known = ',"requestId":' .. cjson.encode(request_id or '') .. ',"crashes":' .. crashes
    .. ',"generation":' .. generation .. '}}'
  add_letter(keys, {{cmsgpack.pack(arguments), data .. known, options}})
  if redis.call('EXISTS', job_key) == 1 then redis.call('HSET', job_key, '{mark}', arguments[2]) end
end
"""
# KEYS: moveToFinished's, a letter's, job hash, record, crashes. ARGV: a letter's three, then moveToFinished's, whose
# first is the job's id. A job that was cancelled meanwhile ends so, and without a letter.
_FAIL: Final = """
local finish_keys, letter_keys = {{unpack(KEYS, 1, {f})}}, {{unpack(KEYS, {f} + 1, {f} + {l})}}
local job_key, record_key, crashes_key = unpack(KEYS, {f} + {l} + 1)
local finishing = {{unpack(ARGV, 4)}}
local job_id = finishing[1]
local cancelled, newer = called_off(record_key, job_id, job_key)
local result = finish(finish_keys, cancelled and ending_cancelled(finishing, newer) or finishing)
if type(result) == 'number' and result < 0 then return result end
if cancelled then
  record_cancelled(record_key, job_id, job_key, newer, '')
else
  write_letter(letter_keys, ARGV[1], ARGV[2], ARGV[3], job_key, record_key, crashes_key)
end
return result
"""
# KEYS: a letter's, job hash, record, crashes, failed jobs. ARGV: a letter's three, job id.
_RECONCILE: Final = """
local job_key, record_key, crashes_key, failed_key = unpack(KEYS, {l} + 1)
if not redis.call('ZSCORE', failed_key, ARGV[4]) then return 0 end
if redis.call('HEXISTS', job_key, '{mark}') == 1 then return 0 end
write_letter({{unpack(KEYS, 1, {l})}}, ARGV[1], ARGV[2], ARGV[3], job_key, record_key, crashes_key)
return 1
"""
REMOVE: Final = """
local removed = 0
for _, id in ipairs(ARGV) do
  removed = removed + redis.call('LREM', KEYS[1], 0, id)
  redis.call('DEL', KEYS[2] .. id, KEYS[2] .. id .. ':logs')
end
return removed
"""


def failing_script() -> str:
    """BullMQ's move to failed and its add, as one step."""
    return withdrawing_script(_with_add(_FAIL))


def reconciling_script() -> str:
    """A letter for a failed job that has had none."""
    return _with_add(_RECONCILE)


def _with_add(text: str) -> str:
    add = _ADD.format(add=loadScript(SCRIPT_DEFINITIONS["addStandardJob"]), mark=MARK)
    return add + text.format(f=len(FAIL_KEYS), l=len(LETTER_KEYS), mark=MARK)
