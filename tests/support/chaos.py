"""Waiting for what a run's processes do, and reading what they say."""

from __future__ import annotations

import asyncio
import json
import time

DEADLINE_S = 60.0


async def until(condition, tell=lambda: ""):
    """Poll until the condition gives something true, and return that; what `tell` gives explains why it didn't."""
    give_up_at_s = time.monotonic() + DEADLINE_S
    while not (value := condition()):
        assert time.monotonic() < give_up_at_s, f"the condition never held\n{tell()}"
        await asyncio.sleep(0.02)
    return value


async def reached(arena, event, *, times=1):
    """Wait until the trace tells so often of a point; returns the lines."""

    def found():
        lines = [line for line in arena.trace() if line.event == event]
        return lines if len(lines) >= times else None

    def tell():
        logs = [f"{member.pid} stopped={member.stopped}\n{member.log.read_text()}" for member in arena.fleet.members]
        return "\n".join([*(f"{line.pid} {line.event} {line.fields}" for line in arena.trace()), *logs])

    return await until(found, tell)


def logged(member, event):
    """Every log entry of that name so far."""
    entries = [json.loads(line) for line in member.log.read_text().splitlines() if line.startswith("{")]
    return [entry for entry in entries if entry["event"] == event]
