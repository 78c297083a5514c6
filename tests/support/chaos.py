"""Waiting for what a run's processes do, and reading what they say."""

from __future__ import annotations

import asyncio
import json
import time

DEADLINE_S = 30.0


async def until(condition):
    """Poll until the condition gives something true, and return that."""
    give_up_at_s = time.monotonic() + DEADLINE_S
    while not (value := condition()):
        assert time.monotonic() < give_up_at_s, "the condition never held"
        await asyncio.sleep(0.02)
    return value


async def reached(arena, event, *, times=1):
    """Wait until the trace tells so often of a point; returns the lines."""

    def told():
        found = [line for line in arena.trace() if line.event == event]
        return found if len(found) >= times else None

    return await until(told)


def logged(member, event):
    """Every log entry of that name so far."""
    entries = [json.loads(line) for line in member.log.read_text().splitlines() if line.startswith("{")]
    return [entry for entry in entries if entry["event"] == event]
