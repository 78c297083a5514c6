"""Sidecars: exact text, and nothing a payload says can break their structure."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from fractions import Fraction

import pytest

from preview_worker.render.sidecars import (
    captions_srt,
    captions_vtt,
    chapters_json,
    chapters_vtt,
    sidecars,
    youtube_chapters,
    youtube_text,
)
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.model import Chapter, Cue
from preview_worker.timeline.time import FrameRange
from support.media import request_of

REQUEST = request_of(steps=[{"id": "a", "title": "Board", "text": "Place it.", "durationMs": 2000}])
TIMELINE = build_timeline(REQUEST, {}, encoding="test", max_duration_ms=10_000)


def with_cues(*texts):
    cues = tuple(
        Cue(frames=FrameRange(start=index * 45, end=index * 45 + 40), lines=lines, step_id="a")
        for index, lines in enumerate(texts)
    )
    return replace(TIMELINE, cues=cues)


def with_chapters(*bounds_s, titles=None, rate=30):
    chapters = tuple(
        Chapter(
            frames=FrameRange(start=start * rate, end=end * rate),
            title=titles[index] if titles else f"Part {index + 1}",
            step_id="a",
        )
        for index, (start, end) in enumerate(itertools.pairwise(bounds_s))
    )
    return replace(TIMELINE, chapters=chapters, frames=bounds_s[-1] * rate, rate=Fraction(rate))


def test_srt_numbers_cues_and_keeps_their_lines():
    assert captions_srt(with_cues(("Place the board",), ("in the", "middle."))) == (
        "1\n00:00:00,000 --> 00:00:01,333\nPlace the board\n\n2\n00:00:01,500 --> 00:00:02,833\nin the\nmiddle.\n"
    )


def test_vtt_names_its_language_and_escapes_markup():
    text = captions_vtt(with_cues(("1 < 2 & <b>bold</b>",)), "fr")
    assert text.startswith("WEBVTT\nKind: captions\nLanguage: fr\n\n1\n00:00:00.000 --> 00:00:01.333 line:85%\n")
    assert "1 &lt; 2 &amp; &lt;b&gt;bold&lt;/b&gt;" in text


def test_sidecars_are_all_there_when_nothing_is_said():
    silent = request_of(steps=[])
    names = [file.name for file in sidecars(build_timeline(silent, {}, encoding="t", max_duration_ms=9000), silent)]
    assert names == ["captions.srt", "captions.vtt", "chapters.json", "chapters.vtt", "youtube.txt"]


def test_chapters_are_told_in_seconds_and_frames():
    timeline = with_chapters(0, 12, 75, titles=["Set–up", "Turn <1>"])
    chapters = json.loads(chapters_json(timeline))["chapters"]
    assert [(c["title"], c["startTime"], c["endTime"], c["startFrame"]) for c in chapters] == [
        ("Set–up", 0, 12, 0),
        ("Turn <1>", 12, 75, 360),
    ]
    assert "00:00:12.000 --> 00:01:15.000\nTurn &lt;1&gt;" in chapters_vtt(timeline)


@pytest.mark.parametrize(
    ("bounds_s", "starts_s"),
    [
        ((0, 10, 20, 30), [0, 10, 20]),
        ((0, 10, 20), []),
        ((0, 4, 12, 22, 40), [0, 12, 22]),
        ((0, 10, 20, 30, 35), [0, 10, 20]),
        ((0, 3, 6, 9), []),
    ],
)
def test_youtube_chapters_follow_its_rules_when_some_are_short(bounds_s, starts_s):
    assert [start_ms / 1000 for start_ms, _ in youtube_chapters(with_chapters(*bounds_s))] == starts_s


def test_youtube_text_has_chapters_and_credits_of_used_assets_alone():
    request = request_of(
        steps=[{"visuals": ["board", "box"]}],
        assets=[
            {"id": "board", "uri": "a.png", "credit": "Ann", "license": "CC BY 4.0"},
            {"id": "box", "uri": "b.png", "credit": "Ann", "license": "CC BY 4.0"},
            {"id": "unused", "uri": "c.png", "credit": "Bob"},
        ],
    )
    text = youtube_text(with_chapters(0, 65, 3700, 3800), request)
    assert text == "A game\n\n0:00 Part 1\n1:05 Part 2\n1:01:40 Part 3\n\nAnn – CC BY 4.0\n"


def test_youtube_text_has_no_angle_brackets_when_the_payload_has_some():
    request = request_of(steps=[{"text": "x"}]).model_copy(update={"title": "A > B", "description": "<b>\nsecond"})
    text = youtube_text(with_chapters(0, 10, 20, 30, titles=["One", "<Two>", "Three"]), request)
    assert text == "A \u203a B\n\n\u2039b\u203a\nsecond\n\n0:00 One\n0:10 \u2039Two\u203a\n0:20 Three\n"


def test_youtube_chapters_keep_the_earlier_title_when_a_short_one_is_merged():
    chapters = youtube_chapters(with_chapters(0, 4, 14, 30, 45, titles=["Intro", "Setup", "Turn", "End"]))
    assert chapters == ((0, "Intro"), (14_000, "Turn"), (30_000, "End"))


def test_credits_name_the_file_of_word_times_when_it_carries_one():
    request = request_of(
        steps=[{"text": "x", "narrationTimings": "times"}], assets=[{"id": "times", "uri": "t.json", "credit": "Ann"}]
    )
    assert youtube_text(TIMELINE, request).endswith("\n\nAnn\n")
