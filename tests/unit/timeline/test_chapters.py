from __future__ import annotations

from preview_worker.timeline.chapters import cut_chapters
from preview_worker.timeline.time import FrameRange
from support.tutorials import tutorial


def chapters_of(*raw, language="en"):
    steps = tutorial(raw).steps
    ranges = [FrameRange(start=60 * index, end=60 * index + 60) for index in range(len(steps))]
    found = cut_chapters(steps, ranges, language=language)
    return [(chapter.title, chapter.step_id, chapter.frames.start, chapter.frames.end) for chapter in found]


def test_each_run_of_equal_kinds_is_a_chapter_when_none_is_named():
    raw = [{"kind": "intro"}, {}, {}, {"kind": "turn_flow"}, {}]
    assert chapters_of(*raw) == [
        ("Introduction", "step-1", 0, 60),
        ("Setup", "step-2", 60, 180),
        ("A turn", "step-4", 180, 240),
        ("Setup", "step-5", 240, 300),
    ]
    assert chapters_of(*raw, language="fr-CA")[1][0] == "Mise en place"


def test_chapter_has_its_steps_title_when_it_is_alone():
    assert [
        title for title, *_ in chapters_of({"kind": "intro", "title": "Welcome"}, {"title": "A"}, {"title": "B"})
    ] == [
        "Welcome",
        "Setup",
    ]


def test_chapters_are_the_payloads_when_one_is_named():
    assert chapters_of({"title": "Welcome"}, {"chapter": "Port"}, {}, {"chapter": "Sea"}) == [
        ("Welcome", "step-1", 0, 60),
        ("Port", "step-2", 60, 180),
        ("Sea", "step-4", 180, 240),
    ]


def test_first_chapter_takes_the_next_name_when_it_has_neither_name_nor_title():
    assert [title for title, *_ in chapters_of({}, {"chapter": "Port"})] == ["Port", "Port"]


def test_there_is_no_chapter_when_there_is_no_step():
    assert chapters_of() == []
