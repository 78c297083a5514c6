"""The commands of a simulated server, as far as our code and BullMQ's use them.

Arguments are texts, and packed ones bytes; answers are what a client that decodes sees before it interprets them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from preview_worker.chaos.simulation.lua import Status
from preview_worker.chaos.simulation.server_keys import OK, Keys, whole
from preview_worker.chaos.simulation.server_lines import Lists, Sets, SortedSets, Streams

Command = Callable[..., Any]

GROWING: Final = frozenset(
    [
        "SET",
        "INCR",
        "HSET",
        "HSETNX",
        "HMSET",
        "HINCRBY",
        "LPUSH",
        "RPUSH",
        "RPOPLPUSH",
        "SADD",
        "ZADD",
        "ZINCRBY",
        "XADD",
    ]
)
"""Commands that a server refuses when its memory is at its limit."""
WRITING: Final = GROWING | frozenset(
    [
        "DEL",
        "EXPIRE",
        "PEXPIRE",
        "PERSIST",
        "HDEL",
        "LTRIM",
        "LREM",
        "RPOP",
        "SREM",
        "ZREM",
        "ZPOPMIN",
        "ZREMRANGEBYSCORE",
        "ZREMRANGEBYRANK",
        "XTRIM",
    ]
)


def command_table(keys: Keys) -> dict[str, Command]:
    """Every command by its name."""
    groups = (Strings(keys), Hashes(keys), Lists(keys), Sets(keys), SortedSets(keys), Streams(keys))
    return {
        name.removeprefix("do_").upper(): getattr(group, name)
        for group in groups
        for name in dir(group)
        if name.startswith("do_")
    }


class Strings:
    """Strings, keys of any kind, and the server itself."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._asked = 0

    def do_get(self, key: str) -> str | None:
        return self._keys.get(key, str)

    def do_set(self, key: str, value: str, *options: str) -> str | None:
        words = [option.upper() for option in options]
        if unknown := {word for word in words if not word.isdigit()} - {"NX", "KEEPTTL", "PX", "EX"}:
            raise NotImplementedError(f"SET with {unknown} isn't simulated")
        if "NX" in words and self._keys.exists(key):
            return None
        if "KEEPTTL" in words:
            self._keys.put_keeping_life(key, value)
        else:
            self._keys.put(key, value)
        for word, unit_ms in (("PX", 1), ("EX", 1000)):
            if word in words:
                self._keys.live_for(key, int(options[words.index(word) + 1]) * unit_ms)
        return OK

    def do_incr(self, key: str) -> int:
        held = self._keys.get(key, str)
        value = (0 if held is None else whole(held)) + 1
        self._keys.put_keeping_life(key, str(value))
        return value

    def do_del(self, *keys: str) -> int:
        return sum(self._keys.drop(key) for key in keys)

    def do_exists(self, *keys: str) -> int:
        return sum(self._keys.exists(key) for key in keys)

    def do_expire(self, key: str, life_s: str) -> int:
        return int(self._keys.live_for(key, int(life_s) * 1000))

    def do_pexpire(self, key: str, life_ms: str) -> int:
        return int(self._keys.live_for(key, int(life_ms)))

    def do_persist(self, key: str) -> int:
        return int(self._keys.live_on(key))

    def do_pttl(self, key: str) -> int:
        return self._keys.life_ms(key)

    def do_ttl(self, key: str) -> int:
        life_ms = self._keys.life_ms(key)
        return life_ms if life_ms < 0 else (life_ms + 500) // 1000

    def do_time(self) -> list[str]:
        now_ms = self._keys.now_ms()
        self._asked = (self._asked + 1) % 1000  # no two commands within a microsecond
        return [str(now_ms // 1000), str(now_ms % 1000 * 1000 + self._asked)]

    def do_info(self, *_sections: str) -> str:
        return "used_memory:1\r\nmaxmemory:0\r\n"

    def do_ping(self) -> Status:
        return Status("PONG")


class Hashes:
    """Hashes."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def do_hget(self, key: str, name: str) -> str | None:
        return (self._keys.get(key, dict) or {}).get(name)

    def do_hmget(self, key: str, *names: str) -> list[str | None]:
        fields = self._keys.get(key, dict) or {}
        return [fields.get(name) for name in names]

    def do_hgetall(self, key: str) -> list[str]:
        return [part for pair in (self._keys.get(key, dict) or {}).items() for part in pair]

    def do_hset(self, key: str, *pairs: str) -> int:
        fields = self._keys.made(key, dict)
        before = len(fields)
        fields.update(zip(pairs[::2], pairs[1::2], strict=True))
        return len(fields) - before

    def do_hsetnx(self, key: str, name: str, value: str) -> int:
        fields = self._keys.made(key, dict)
        if name in fields:
            return 0
        fields[name] = value
        return 1

    def do_hmset(self, key: str, *pairs: str) -> str:
        self.do_hset(key, *pairs)
        return OK

    def do_hdel(self, key: str, *names: str) -> int:
        fields = self._keys.get(key, dict) or {}
        removed = sum(fields.pop(name, None) is not None for name in names)
        self._keys.drop_empty(key)
        return removed

    def do_hexists(self, key: str, name: str) -> int:
        return int(name in (self._keys.get(key, dict) or {}))

    def do_hlen(self, key: str) -> int:
        return len(self._keys.get(key, dict) or {})

    def do_hstrlen(self, key: str, name: str) -> int:
        return len((self.do_hget(key, name) or "").encode())

    def do_hincrby(self, key: str, name: str, by: str) -> int:
        fields = self._keys.made(key, dict)
        value = whole(fields.get(name, "0")) + whole(by)
        fields[name] = str(value)
        return value
