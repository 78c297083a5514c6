"""Hearing a render process: an event is what the protocol says, to the kind of each member, or it is refused."""

from __future__ import annotations

import asyncio
import json

import pytest

from preview_worker.errors import RenderCrashError
from preview_worker.render.hearing import Hearing
from preview_worker.render.launching import Launched
from preview_worker.render.protocol import (
    LONGEST_LINE_BYTES,
    Finished,
    Helpers,
    LogLine,
    Planned,
    Progress,
    ProtocolError,
    line_of,
)

pytestmark = pytest.mark.anyio

PROGRESS = {"type": "Progress", "stage": "render", "frames_done": 1, "frames_total": 3}
PLANNED = Planned(frames=3, keys=["k"], sound_keys=[], still_keys=[], p90_render_ms=9, p90_bytes=9)
DEEP = b'{"type": "LogLine", "event": "e", "values": ' + b"[" * 1_000_000


async def heard(line):
    """What is heard of a process that says one line."""
    stdout, stderr = asyncio.StreamReader(limit=LONGEST_LINE_BYTES), asyncio.StreamReader()
    stdout.feed_data(line)
    stderr.feed_eof()
    launched = Launched(pid=1, stdin=None, stdout=stdout, stderr=stderr, alive=None, ended=None, close=None)
    hearing = Hearing(launched, None)
    try:
        return await hearing.event(5)
    finally:
        await hearing.close()


@pytest.mark.parametrize(
    "event",
    [
        PLANNED,
        Progress(stage="plan", frames_done=0, frames_total=0),
        Finished(stages_ms={"plan": 2}),
        Helpers(pids=[7]),
    ],
)
async def test_an_event_is_heard_as_it_was_said(event):
    assert await heard(line_of(event)) == event


async def test_a_member_of_a_later_build_is_passed_over():
    assert await heard(b'{"type": "LogLine", "event": "e", "later": 1}\n') == LogLine(event="e")


@pytest.mark.parametrize(
    "said",
    [
        PROGRESS | {"stage": 1},
        PROGRESS | {"frames_done": 1.5},
        PROGRESS | {"frames_done": -1},
        PROGRESS | {"frames_total": 10**400},
        PROGRESS | {"step_id": ["a"]},
        PROGRESS | {"step_id": "\ud800"},
        {"type": "Helpers", "pids": ["1"]},
        {"type": "Probed", "facts": {"a": 1}},
        {"type": "FileReady", "name": "a", "media_type": None},
        {"type": "LogLine", "event": "e", "level": "shout"},
        {"type": "Finished", "stages_ms": {"plan": 10**400}},
        {"type": "Finished", "stages_ms": []},
        {"type": "Failed", "code": "c", "sentence": "s", "retryable": "perhaps"},
    ],
    ids=lambda said: ascii(said)[:80],
)
async def test_a_process_breaks_the_protocol_when_a_member_is_of_another_kind(said):
    with pytest.raises(ProtocolError, match=f"A {said['type']} message has a") as caught:
        await heard(json.dumps(said).encode() + b"\n")
    assert isinstance(caught.value, RenderCrashError)


async def test_a_process_breaks_the_protocol_when_its_line_is_too_deep():
    with pytest.raises(ProtocolError, match="too deep"):
        await heard(DEEP + b"\n")
