"""Nothing a line says breaks the structure of a captions file."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from preview_worker.render.sidecars import captions_srt, captions_vtt
from preview_worker.timeline.model import Cue
from preview_worker.timeline.time import FrameRange
from support.tutorials import plan, tutorial

TIMELINE = plan(tutorial([{"id": "a", "title": "Board", "text": "Place it.", "durationMs": 2000}]))


@given(line=st.text(max_size=40))
def test_captions_have_one_arrow_and_no_empty_line_when_the_text_is_anything(line):
    timeline = replace(TIMELINE, cues=(Cue(frames=FrameRange(start=0, end=40), lines=(line, "second"), step_id="a"),))
    for text in (captions_srt(timeline), captions_vtt(timeline, "en")):
        assert len(re.findall("-->", text)) == 1
        block = text.strip().split("\n\n")[-1].split("\n")
        assert len(block) == 4
        assert all(block)
