"""The protocol: every message comes back equal, everything else is refused."""

from __future__ import annotations

import json

import pytest

from preview_worker.render.protocol import (
    LONGEST_LINE_BYTES,
    Cached,
    Earlier,
    Failed,
    FileReady,
    Finished,
    Frame,
    Hello,
    LogLine,
    Noticed,
    Planned,
    Probe,
    Probed,
    Progress,
    ProtocolError,
    Refused,
    Render,
    SegmentReady,
    Shutdown,
    Source,
    Work,
    command_of,
    event_of,
    line_of,
)

WORK = Work(
    job_id="job",
    project_id="project",
    request_id="request",
    digest="d",
    request={"steps": [], "title": "line\nbreak"},
    sources={"board": Source(file="a.png", sha256="a"), "path:b.png": Source(missing="no such file")},
    edition=1,
    voices=[{"voice:en:s": Source(file="b", sha256="b")}, {}],
    facts={"a": {"kind": "picture", "sha256": "a", "width_px": 2, "height_px": 3, "has_alpha": False}},
    fonts_folder="/fonts",
)
EARLIER = Earlier(job_id="before", basis="last", steps=[{"id": "s"}], width_px=320, height_px=180, sheet="sheet.jpg")
COMMANDS = [
    Render(work=WORK, earlier=[EARLIER, None]),
    Probe(work=WORK),
    Frame(work=WORK, step_id="s", at_ms=20),
    Cached(keys=["k"]),
    Shutdown(),
]
EVENTS = [
    Hello(version=1, pid=7),
    Probed(facts={"a": {"kind": "missing", "reason": "r"}}),
    Planned(
        frames=3,
        keys=["k", "k"],
        sound_keys=["s", "s"],
        still_keys=["p", "c"],
        p90_render_ms=900,
        p90_bytes=900,
    ),
    Progress(stage="render", frames_done=1, frames_total=3, step_id="s"),
    SegmentReady(key="k", file="k.seg", frames=3),
    FileReady(name="poster.jpg", media_type="image/jpeg"),
    Noticed(warnings=[{"code": "text-small", "stepId": "s"}]),
    Refused(code="unknown-step", sentence="There is no such step."),
    LogLine(event="segment-damaged", level="warning", values={"key": "k"}),
    Finished(stages_ms={"plan": 2}, segments=3, hits=1),
    Failed(code="c", sentence="s", retryable=True, hint="h"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_command_comes_back_equal_when_sent(command):
    line = line_of(command)
    assert line.count(b"\n") == 1
    assert command_of(line) == command


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_event_comes_back_equal_when_sent(event):
    assert event_of(line_of(event)) == event


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense\n",
        b"[]\n",
        b"{}\n",
        b'{"type":7}\n',
        b'{"type":"Explode"}\n',
        b'{"type":"Progress","stage":"render"}\n',
        b'{"type":"Cached"}\n',
        b"\xff\xfe\n",
    ],
)
def test_line_is_refused_when_it_is_no_message(line):
    with pytest.raises(ProtocolError):
        event_of(line)
    with pytest.raises(ProtocolError):
        command_of(line)


def test_unknown_member_is_passed_over_when_the_other_side_is_newer():
    line = json.dumps({"type": "SegmentReady", "key": "k", "file": "f", "frames": 1, "later": 2}).encode()
    assert event_of(line) == SegmentReady(key="k", file="f", frames=1)


def test_message_is_refused_when_longer_than_a_line_may_be():
    with pytest.raises(ProtocolError, match="too long"):
        line_of(LogLine(event="x" * LONGEST_LINE_BYTES))
