"""Chapters: where the payload names them, else one for each run of equal scene kinds."""

from __future__ import annotations

from collections.abc import Sequence

from preview_worker.contract import Step
from preview_worker.timeline.language import language_of
from preview_worker.timeline.model import Chapter
from preview_worker.timeline.time import FrameRange


def cut_chapters(steps: Sequence[Step], ranges: Sequence[FrameRange], *, language: str) -> tuple[Chapter, ...]:
    """Chapters that tile the video from its first frame.

    Args:
        steps: The payload's steps in order.
        ranges: Their frames on the timeline, one for each step.
        language: BCP 47 tag that names unnamed chapters.
    """
    if not steps:
        return ()
    starts = _named(steps) if any(step.chapter for step in steps) else _runs(steps, language)
    ends = [*(index for index, _ in starts[1:]), len(steps)]
    return tuple(
        Chapter(
            frames=FrameRange(start=ranges[index].start, end=ranges[end - 1].end), title=title, step_id=steps[index].id
        )
        for (index, title), end in zip(starts, ends, strict=True)
    )


def _named(steps: Sequence[Step]) -> list[tuple[int, str]]:
    starts = [(index, step.chapter) for index, step in enumerate(steps) if step.chapter]
    if starts[0][0] > 0:
        starts.insert(0, (0, steps[0].title or starts[0][1]))
    return starts


def _runs(steps: Sequence[Step], language: str) -> list[tuple[int, str]]:
    names = language_of(language).chapters
    starts: list[tuple[int, str]] = []
    for index, step in enumerate(steps):
        if index == 0 or step.kind != steps[index - 1].kind:
            alone = index + 1 == len(steps) or steps[index + 1].kind != step.kind
            starts.append((index, (step.title or names[step.kind]) if alone else names[step.kind]))
    return starts
