"""Files that unfold: each is refused, or what unfolds is never looked at, within a second and 200 MB."""

from __future__ import annotations

import pytest

from support.hostile.bombs_pictures import largest_pictures, picture_bombs
from support.hostile.bombs_sounds import sound_bombs
from support.hostile.bombs_timings import timing_bombs
from support.hostile.examiner import fault_of

pytestmark = pytest.mark.anyio

MOST_PROCESSOR_S, MOST_BYTES = 1.0, 200_000_000
MOST_BYTES_ALLOWED_PICTURE = 450_000_000
"""A WebP's decoder holds four copies in RGBA; a render process may have a gigabyte."""
BOMBS = {
    **{name: ("picture", content) for name, content in picture_bombs().items()},
    **{name: ("sound", content) for name, content in sound_bombs().items()},
    **{name: ("timings", content) for name, content in timing_bombs().items()},
}
COSTLY = frozenset(
    {
        "vtt-one-line.vtt",
        "vtt-open-tags.vtt",
        "json-million-lists.json",
        "json-speech-marks.json",
        "srt-blank-lines.srt",
    }
    | {"json-60000-words.json", "m4a-overlapping-tables.m4a"}
)
"""Those that take half a second: enough for the full tier alone."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.full if name in COSTLY else ()) for name in BOMBS]
)
async def test_bomb_costs_neither_time_nor_memory_when_it_is_measured(examiner, tally, name):
    use, content = BOMBS[name]
    verdict = await examiner.examine(name, content, use)
    assert fault_of(verdict) is None
    assert verdict.processor_s <= MOST_PROCESSOR_S
    assert verdict.growth_bytes <= MOST_BYTES
    reason = verdict.refusal.sentence.partition(": ")[2] if verdict.refusal else ""
    end = f"refused: {reason}" if reason else "accepted: nothing of it unfolds"
    cost = f"{verdict.processor_s:.2f} s, {verdict.growth_bytes // 1_000_000} MB"
    tally.add("Bombs", **{name: f"{len(content):,} bytes: {cost}; {end}"})


@pytest.mark.full
@pytest.mark.parametrize("name", largest_pictures())
async def test_largest_picture_that_is_allowed_fits_when_it_is_of_one_colour(examiner, tally, name):
    content = largest_pictures()[name]()
    verdict = await examiner.examine(name, content, "picture")
    assert verdict.refusal is None
    assert verdict.growth_bytes <= MOST_BYTES_ALLOWED_PICTURE
    cost = f"{verdict.processor_s:.2f} s, {verdict.growth_bytes // 1_000_000} MB"
    tally.add("Pictures of 25 million pixels, the most that are allowed", **{name: f"{len(content):,} bytes: {cost}"})
