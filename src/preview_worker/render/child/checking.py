"""All that can be told of a tutorial before anything of it is painted or encoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from preview_worker.contract import Stage
from preview_worker.render.child.findings import drawing_note
from preview_worker.render.child.painter_shelf import Studio
from preview_worker.render.child.preparation import Prepared
from preview_worker.render.child.sound_findings import file_notes
from preview_worker.render.child.stages import Progression
from preview_worker.render.noted import not_rendered, warnings_of
from preview_worker.render.protocol import Event, Noticed
from preview_worker.timeline.checks import placed_notes
from preview_worker.timeline.model import Note

_TOLD_AT_ONCE = 1000
"""A line between the processes has an end: so many warnings are well below it."""


def check(prepared: Prepared, studio: Studio, progression: Progression, tell: Callable[[Event], None]) -> None:
    """Tell of every warning that a render would give but those that only its result shows.

    Each scene's painter is prepared, and thrown away before the next one: texts are set, pictures decoded and scaled,
    contrasts measured, and no frame is painted.

    Raises:
        AssetError: A picture can't be decoded (permanent).
    """
    timeline = prepared.timeline
    progression.expect(timeline.frames)
    with progression.stage(Stage.CHECK):
        notes = (
            *timeline.notes,
            *_drawing_notes(prepared, studio, progression),
            *file_notes(timeline, prepared.facts),
            *not_rendered(prepared.request, prepared.facts),
        )
        warnings = warnings_of(placed_notes(notes, timeline.clips, timeline.rate))
        for start in range(0, len(warnings), _TOLD_AT_ONCE):
            some = warnings[start : start + _TOLD_AT_ONCE]
            tell(Noticed(warnings=[warning.model_dump(mode="json", by_alias=True) for warning in some]))


def _drawing_notes(prepared: Prepared, studio: Studio, progression: Progression) -> Iterator[Note]:
    for clip in prepared.timeline.clips:
        for remark in studio.painter(clip.scene).warnings:
            yield drawing_note(clip.step_id, remark.code, remark.role, remark.value)
        progression.advance(len(clip.frames), clip.step_id)
