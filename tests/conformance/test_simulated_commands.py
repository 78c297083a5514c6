"""The simulated server's commands: whatever is asked in whatever order, a real server answers the same."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from preview_worker.chaos.simulation.server_commands import command_table
from preview_worker.chaos.simulation.server_keys import Keys
from support.simulation import simulated_address

pytestmark = pytest.mark.anyio

SEEDS = range(20)
COMMANDS = 400
UNANSWERED = {"TIME", "INFO", "PING", "XADD", "XTRIM", "PTTL"}
"""What hangs on the moment, or isn't kept."""
# A script runs them, as ours and BullMQ's do; errors are told by their first word, members of sets in order.
RUN_ALL = """
local function told(reply)
  if type(reply) ~= 'table' then return reply == false and 'nothing' or type(reply) .. ' ' .. tostring(reply) end
  if reply.err then return 'error ' .. string.match(reply.err, '^%S+') end
  if reply.ok then return 'status ' .. reply.ok end
  local all = {}
  for index, each in ipairs(reply) do all[index] = told(each) end
  return all
end
local replies = {}
for index, command in ipairs(cjson.decode(ARGV[1])) do
  local reply = told(redis.pcall(unpack(command)))
  if command[1] == 'SMEMBERS' and type(reply) == 'table' then table.sort(reply) end
  replies[index] = reply
end
return replies
"""


class Asking:
    """Draws commands that make sense, now and then of a key of another kind."""

    def __init__(self, seed, prefix):
        self._chance = random.Random(seed)
        self._prefix = prefix

    def command(self):
        name, make = self._chance.choice(list(self._known().items()))
        return [name, *map(str, make())]

    def key(self, kind):
        """Of the kind, and rarely of another."""
        kind = kind if self._chance.random() < 0.95 else self._chance.choice("shlzt")
        return f"{self._prefix}:{kind}{self._chance.randrange(3)}"

    def one(self):
        return self._chance.choice(["a", "b", "B", "é", "ab", "", "7", "1.5"])

    def some(self):
        return [self.one() for _ in range(self._chance.randint(1, 4))]

    def number(self):
        return self._chance.randint(-4, 4)

    def score(self):
        return self._chance.choice([0, 1, -1, 2.5, 0.1, 1e15, 2**53, "inf", "-inf", 1796000000000 * 4096])

    def bounds(self):
        return [self._chance.choice(["", "", "("]) + str(self.score()) for _ in range(2)]

    def options(self):
        return self._chance.choice(
            [[], [], ["WITHSCORES"], ["LIMIT", 1, 2], ["LIMIT", 0, -1], ["WITHSCORES", "LIMIT", 0, 2]]
        )

    def _known(self):
        s, h, line, z, t = (lambda kind=kind: self.key(kind) for kind in "shlzt")
        anyone = lambda: self.key(self._chance.choice("shlzt"))  # noqa: E731
        n, one, some = self.number, self.one, self.some
        return {
            "GET": lambda: [s()],
            "SET": lambda: [s(), one(), *self._chance.choice([[], ["NX"], ["PX", 10**6], ["EX", 1000], ["KEEPTTL"]])],
            "INCR": lambda: [s()],
            "DEL": lambda: [anyone(), anyone()],
            "EXISTS": lambda: [anyone(), anyone()],
            "EXPIRE": lambda: [anyone(), self._chance.choice([1000, 1000, 0, -1])],
            "PEXPIRE": lambda: [anyone(), self._chance.choice([10**6, 10**6, 0])],
            "PERSIST": lambda: [anyone()],
            "TTL": lambda: [anyone()],
            "HGET": lambda: [h(), one()],
            "HMGET": lambda: [h(), *some()],
            "HGETALL": lambda: [h()],
            "HSET": lambda: [h(), one(), one(), one(), one()],
            "HSETNX": lambda: [h(), one(), one()],
            "HMSET": lambda: [h(), one(), one()],
            "HDEL": lambda: [h(), *some()],
            "HEXISTS": lambda: [h(), one()],
            "HLEN": lambda: [h()],
            "HSTRLEN": lambda: [h(), one()],
            "HINCRBY": lambda: [h(), "count", n()],
            "LPUSH": lambda: [line(), *some()],
            "RPUSH": lambda: [line(), *some()],
            "LLEN": lambda: [line()],
            "LRANGE": lambda: [line(), n(), n()],
            "LTRIM": lambda: [line(), n(), n()],
            "LINDEX": lambda: [line(), n()],
            "LPOS": lambda: [line(), one()],
            "LREM": lambda: [line(), n(), one()],
            "RPOP": lambda: [line()],
            "RPOPLPUSH": lambda: [line(), line()],
            "SADD": lambda: [t(), *some()],
            "SREM": lambda: [t(), *some()],
            "SCARD": lambda: [t()],
            "SMEMBERS": lambda: [t()],
            "ZADD": lambda: [z(), self.score(), one(), self.score(), one()],
            "ZINCRBY": lambda: [z(), n(), one()],
            "ZREM": lambda: [z(), *some()],
            "ZCARD": lambda: [z()],
            "ZSCORE": lambda: [z(), one()],
            "ZRANK": lambda: [z(), one()],
            "ZRANGE": lambda: [z(), n(), n(), *self._chance.choice([[], ["WITHSCORES"]])],
            "ZREVRANGE": lambda: [z(), n(), n(), *self._chance.choice([[], ["WITHSCORES"]])],
            "ZRANGEBYSCORE": lambda: [z(), *self.bounds(), *self.options()],
            "ZREVRANGEBYSCORE": lambda: [z(), *self.bounds(), *self.options()],
            "ZPOPMIN": lambda: [z()],
            "ZREMRANGEBYSCORE": lambda: [z(), *self.bounds()],
            "ZREMRANGEBYRANK": lambda: [z(), n(), n()],
        }


def test_every_command_is_asked():
    asking = Asking(1, "x")
    asked = Counter(asking.command()[0] for _ in range(COMMANDS * 10))
    assert set(asked) == set(command_table(Keys(lambda: 0))) - UNANSWERED


@pytest.mark.parametrize("seed", SEEDS)
async def test_hundreds_of_commands_are_answered_as_a_real_server_answers_them(seed, queue_address):
    asking = Asking(seed, f"asked:{seed}")
    commands = [asking.command() for _ in range(COMMANDS)]
    answers = []
    for address in (queue_address, simulated_address()):
        async with address.client(socket_timeout_s=10.0) as client:
            answers.append(await client.register_script(RUN_ALL)(args=[json.dumps(commands)]))
    different = [
        (number, command, real, simulated)
        for number, (command, real, simulated) in enumerate(zip(commands, *answers, strict=True))
        if real != simulated
    ]
    assert different[:3] == []
