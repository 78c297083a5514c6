"""Captions: the narration cut into cues of at most two balanced lines, each shown while its words are spoken.

Limits follow the domain's norm: 42 characters a line, two lines, 17 characters a second, one second at least.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from preview_worker.timeline.cue_times import Showing, shown_frames
from preview_worker.timeline.model import Cue, Note
from preview_worker.timeline.phrasing import Phrasing
from preview_worker.timeline.time import FrameRange, frames_of_ms, ms_of_frames
from preview_worker.timeline.words import Word, WordTime

CHARACTERS_PER_SECOND = 17
SHORTEST_CUE_MS = 1000


def cues_of_words(
    words: Sequence[Word],
    times: Sequence[WordTime],
    speech: FrameRange,
    within: FrameRange,
    *,
    step_id: str,
    rate: Fraction,
    language: str,
) -> tuple[Cue, ...]:
    """Cut words whose times are known into cues.

    Args:
        words: The narration.
        times: When each is spoken, from the speech's beginning.
        speech: Frames of the whole timeline in which it is heard.
        within: Frames which cues don't leave: from the speech's beginning to the step's end at the latest.
        step_id: The step it belongs to.
        rate: Frames per second.
        language: BCP 47 tag: where sentences are parted.

    Returns:
        Cues in order, each at least a frame long, which touch or stand at least two frames apart. Where there are fewer
        frames than cues, the last ones are left out: they could not be seen.
    """
    if not words or not len(speech):
        return ()
    gaps_ms = [following.start_ms - time.end_ms for time, following in pairwise(times)]
    phrasing = Phrasing(words, [*gaps_ms, 0], language)
    parts = _joined_to_last_a_second(phrasing, phrasing.cues(), times)
    lines = [phrasing.lines(start, end) for start, end in parts]
    wanted = [
        Showing(
            start=min(speech.start + frames_of_ms(times[first].start_ms, rate), speech.end),
            end=min(speech.start + frames_of_ms(times[last - 1].end_ms, rate), speech.end),
            reading=_reading_frames(sum(map(len, texts)), rate),
        )
        for (first, last), texts in zip(parts, lines, strict=True)
    ]
    return tuple(
        Cue(frames=frames, lines=texts, step_id=step_id)
        for frames, texts in zip(shown_frames(wanted, within, rate), lines, strict=False)
    )


def reading_notes(cues: tuple[Cue, ...], rate: Fraction) -> tuple[Note, ...]:
    """A `caption-fast` note for every step with cues that must be read faster than 17 characters a second.

    It tells their number, and pace and start of the fastest.
    """
    fast: dict[str, list[tuple[Fraction, Cue]]] = {}
    for cue in cues:
        pace = Fraction(sum(len(line) for line in cue.lines)) * rate / len(cue.frames)
        if pace > CHARACTERS_PER_SECOND:
            fast.setdefault(cue.step_id, []).append((pace, cue))
    return tuple(_reading_note(step_id, found, rate) for step_id, found in fast.items())


def _reading_note(step_id: str, found: list[tuple[Fraction, Cue]], rate: Fraction) -> Note:
    worst, cue = max(found, key=lambda entry: entry[0])
    which = "A caption" if len(found) == 1 else f"{len(found)} captions"
    most = "" if len(found) == 1 else "up to "
    return Note(
        code="caption-fast",
        step_id=step_id,
        at_ms=ms_of_frames(cue.frames.start, rate),
        message=f"{which} of step {step_id} must be read at {most}{float(worst):.1f} characters a second.",
        value=round(float(worst), 1),
        limit=CHARACTERS_PER_SECOND,
        hint="Give the step more time (durationMs) or shorten its narration.",
    )


def _reading_frames(characters: int, rate: Fraction) -> int:
    """Fewest frames in which so many characters can be read, and a second at least."""
    seconds_17 = max(CHARACTERS_PER_SECOND * SHORTEST_CUE_MS // 1000, characters)
    return -(-seconds_17 * rate.numerator // (CHARACTERS_PER_SECOND * rate.denominator))


def _joined_to_last_a_second(
    phrasing: Phrasing, parts: Sequence[tuple[int, int]], times: Sequence[WordTime]
) -> list[tuple[int, int]]:
    """Join a cue that would stand for less than a second to the one before, where both fit two lines."""
    whole_ms = times[-1].end_ms
    follows_ms = [times[end].start_ms if end < len(times) else whole_ms for _, end in parts]
    joined: list[tuple[int, int]] = []
    previous_short = False
    for (start, end), until_ms in zip(parts, follows_ms, strict=True):
        short = until_ms - times[start].start_ms < SHORTEST_CUE_MS
        if joined and (short or previous_short) and phrasing.fits(joined[-1][0], end):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
        previous_short = until_ms - times[joined[-1][0]].start_ms < SHORTEST_CUE_MS
    return joined
