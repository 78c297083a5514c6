"""Lua below the simulated server's commands: each snippet says the same as on a real one."""

from __future__ import annotations

import gc
import weakref

import pytest
from redis.exceptions import ResponseError

from preview_worker.chaos.simulation.server import SimulatedServer
from support.simulation import simulated_address

pytestmark = pytest.mark.anyio

SNIPPETS = {
    "numbers": "return {7 / 2, 7 % 3, -7 % 3, 2 ^ 3, 0x10, 1e2, '3' + 4, 10 - '2'}",
    "concatenation": "return 1 .. '' .. 2.5 .. 'x' .. 10 / 2 .. 1796000000000",
    "comparison": "return {1 == '1', 'a' < 'b', 2 ~= 2, not nil, not 0}",
    "logic": "return {nil or 'a', false and 1 or 'b', 0 and 'c', '' or 'd'}",
    "precedence": "return {1 + 2 * 3 .. 'x', not (1 == 2) and 'y', -2 ^ 2, #'abc' + 1}",
    "locals_in_blocks": "local a = 1 do local a = 2 end if true then local a = 3 end return a",
    "closures": "local n = 0 local function up() n = n + 1 return n end up() up() return n",
    "several_results": "local function f() return 1, 2, 3 end local a, b = f() return {a, b, (f()), f()}",
    "missing_results": "local function f() end local a, b = f(), 5 return {b, a == nil and 'nil'}",
    "loops": "local t = {} for i = 3, 1, -1 do table.insert(t, i) end "
    "for i, v in ipairs(t) do t[i] = v * i end return t",
    "while_and_break": "local i = 0 while true do i = i + 1 if i > 4 then break end end return i",
    "own_iterator": "local i = 0 local function next_one() i = i + 1 if i < 4 then return i, i * i end end "
    "local sum = 0 for a, b in next_one do sum = sum + b end return sum",
    "tables": "local t = {a = 1, ['b c'] = 2} t.a = nil t.d = 'e' "
    "return {t.a == nil and 0, t['b c'], t.d, #{1, 2, nil}}",
    "unpack": "local t = {5, 6, 7} return {unpack(t, 2), unpack(t)}",
    "elseif": "local v = ARGV[1] if v == 'a' then return 1 elseif v == 'x' then return 2 else return 3 end",
    "arguments": "return {KEYS[1], ARGV[1], ARGV[2], #ARGV, ARGV[3] == nil and 'none'}",
    "strings": "return {string.sub('abcdef', 2, 4), string.sub('abc', -2), string.lower('ÄbC'), "
    "string.format('%.0f %s', 2^40, 'x'), string.match('used:12 max:34', 'max:(%d+)')}",
    "math": "return {math.floor(-1.5), math.max(1, '3', 2), math.min(4, 2), math.abs(-3)}",
    "types": "return {type(1), type('a'), type(nil), type({}), type(true), type(type), tostring(nil), tostring(1.5)}",
    "tonumber": "return {tonumber('12'), tonumber('0x'), tonumber('1e3'), tonumber(nil) == nil and 'nil'}",
    "packed": "local t = cmsgpack.unpack(cmsgpack.pack({a = {1, 2}, b = 'c'})) return {t.a[2], t.b}",
    "json": 'local t = cjson.decode(\'{"a": [1, "b"], "c": true}\') return {t.a[1], t.a[2], t.c}',
    "concat": "return table.concat({'a', 1, 'b'}, '-')",
    "protected": "local fine = pcall(cjson.decode, 'no json') return {fine and 1 or 0, pcall(tonumber, '5')}",
    "absent_replies": "return {redis.call('GET', KEYS[1]) == false and 1, "
    "redis.call('HGET', KEYS[1], 'f') == false and 2}",
    "replies": "redis.call('RPUSH', KEYS[1], 'a', 2) "
    "return {redis.call('LRANGE', KEYS[1], 0, -1), redis.call('LLEN', KEYS[1])}",
    "statuses": "return redis.call('SET', KEYS[1], 'v')",
    "large_numbers": "redis.call('ZADD', KEYS[1], 5 * 0x100000000 + 7, 'm') return redis.call('ZSCORE', KEYS[1], 'm')",
    "fractions": "redis.call('HSET', KEYS[1], 'f', 1.5) return {redis.call('HGET', KEYS[1], 'f'), 3.99}",
    "a_table_ends_at_nil": "return {1, 2, nil, 4}",
    "nothing": "local a = 1",
    "bytes": "return {#ARGV[3], ARGV[3] == string.char(0xc3, 0xa9), #KEYS[1]}",
    "json_nulls": "local t = cjson.decode('{\"a\": null}') return {t.a == cjson.null, type(t.a), cjson.encode(t)}",
    "json_written": "return {cjson.encode({a = 'é/\"'}), cjson.encode({1, 2.5, true}), cjson.encode({}), "
    "cjson.encode(1796000000000), cjson.encode(0.1), cjson.encode(1/3), cjson.encode(2^60), cjson.encode('x')}",
    "packed_kinds": "local t = cmsgpack.unpack(cmsgpack.pack({1, 'a', true, 2.5, -7, 2^40, {}, {x = 1}})) "
    "return {t[1], t[2], t[3] and 1, tostring(t[4]), t[5], t[6], type(t[7]), t[8].x, #cmsgpack.pack(300)}",
    "fractions_in_commands": "redis.call('SET', KEYS[1], 0.1) local a = redis.call('GET', KEYS[1]) "
    "redis.call('SET', KEYS[1], 1e300) local b = redis.call('GET', KEYS[1]) "
    "redis.call('SET', KEYS[1], 2^53) return {a, b, redis.call('GET', KEYS[1]), redis.call('SET', KEYS[1], 1/3), "
    "redis.call('GET', KEYS[1])}",
    "statuses_in_scripts": "local s = redis.call('SET', KEYS[1], 'v') return {type(s), s.ok, s.err == nil and 1}",
    "replies_of_errors": "redis.call('SET', KEYS[1], 'v') local reply = redis.pcall('LPUSH', KEYS[1], 'a') "
    "return {type(reply), string.sub(reply.err, 1, 9), reply.ok == nil and 1}",
    "errors_that_are_caught": "redis.call('SET', KEYS[1], 'v') "
    "local fine, error = pcall(redis.call, 'LPUSH', KEYS[1], 'a') "
    "return {fine and 1 or 0, type(error), string.sub(error, 1, 9)}",
    "booleans": "return {true, false, 1}",
    "nested": "return {1, {2, {3, 'x'}}, {}}",
}
FAULTS = {
    "an_error_of_a_command": "redis.call('SET', KEYS[1], 'v') return redis.call('LPUSH', KEYS[1], 'a')",
    "an_error_of_lua": "local t = nil return t.x",
    "an_error_of_its_own": "error('nothing doing')",
    "an_error_that_is_returned": "return redis.error_reply('MINE it is')",
    "an_unknown_global": "return nowhere",
    "a_global_that_is_set": "mine = 1 return mine",
    "a_door_to_the_machine": "return io.open('/etc/hostname')",
    "no_lua": "return return",
    "an_argument_that_is_no_text": "return redis.call('SET', KEYS[1], {})",
}


@pytest.mark.parametrize("name", SNIPPETS)
async def test_a_snippet_says_the_same_on_both_servers(name, queue_address):
    answers = []
    for address in (queue_address, simulated_address()):
        async with address.client(socket_timeout_s=2.0) as client:
            script = client.register_script(SNIPPETS[name])
            answers.append(await script(keys=[f"lua:{name}"], args=["x", 5, "é"]))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", FAULTS)
async def test_a_faulty_script_is_refused_with_the_same_word_on_both_servers(name, queue_address):
    words = []
    for address in (queue_address, simulated_address()):
        async with address.client(socket_timeout_s=2.0) as client:
            script = client.register_script(FAULTS[name])
            with pytest.raises(ResponseError) as raised:
                await script(keys=[f"lua:{name}"])
            words.append(str(raised.value).split(" script: ")[0])
    assert words[0] == words[1]


async def test_no_global_of_a_script_is_seen_by_the_next():
    async with simulated_address().client(socket_timeout_s=2.0) as client:
        assert await client.register_script("return KEYS[1]")(keys=["first"]) == "first"
        assert await client.register_script("return #KEYS + #ARGV")() == 0


def test_an_interpreter_goes_with_its_server():
    server = SimulatedServer(lambda: 0)
    server.call("EVALSHA", server.call("SCRIPT LOAD", "return redis.call('TIME')"), 0)
    gone = weakref.ref(server)
    del server
    gc.collect()
    assert gone() is None
