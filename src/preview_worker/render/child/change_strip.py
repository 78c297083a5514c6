"""changes.jpg: before and after of every step that changed, from the earlier contact sheet and the stills at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from preview_worker.contract import Changes, Report, StepChange, StepTiming
from preview_worker.errors import AssetError
from preview_worker.render.child.drawing.changes_page import PAIRS_MAX, Pair, Side, changes_page
from preview_worker.render.child.drawing.decoding import opened, upright
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.planes import Planes, planes_of_rgb
from preview_worker.render.child.drawing.stills import sheet_layout
from preview_worker.render.child.segment_file import SegmentIndex
from preview_worker.render.child.sheet import Sheet, clock
from preview_worker.render.child.stills_files import small_size
from preview_worker.render.protocol import IN_FOLDER, Earlier

CHANGES_FILE = "changes.jpg"
_NOT_KEPT = "no picture kept"


def change_strip(
    changes: Changes,
    report: Report,
    earlier: Earlier,
    sheet: Sheet,
    folder: Path,
    fonts: FontSet,
    index_of: Callable[[str], SegmentIndex],
) -> bytes:
    """The strip as a JPEG.

    Args:
        changes: What changed; at least one step.
        report: Of the new preview.
        earlier: The earlier preview.
        sheet: The new contact sheet.
        folder: The process's own folder.
        fonts: For the words.
        index_of: Gives the segment of a key.

    Raises:
        DamagedSegmentError: A segment file is damaged (retryable).
    """
    told = changes.steps[:PAIRS_MAX]
    before = {step.id: step for step in map(StepTiming.model_validate, earlier.steps)}
    after = {step.id: (place, step) for place, step in enumerate(report.steps)}
    pictures = _earlier_frames(earlier, folder, {change.id for change in told})
    pairs = []
    for change in told:
        old = before.get(change.id)
        place, new = after.get(change.id, (None, None))
        absence = _NOT_KEPT if old is not None else "not there before"
        frame = sheet.frame(place, index_of) if place is not None else None
        pairs.append(
            Pair(
                before=Side(frame=pictures.get(change.id), absence=absence, start=_start(old)),
                after=Side(frame=frame, absence="not there any more", start=_start(new)),
                number=sheet.number(place) if place is not None else "",
                title=name_of(change),
                words=words_of(change),
            )
        )
    size = (report.video.width_px, report.video.height_px)
    note = f"before and after · {changes.against} ({_BASES[changes.basis.value]})"
    more = len(changes.steps) - len(told)
    return changes_page(pairs, fonts, frame_size_px=size, heading=report.title, note=note, more=more)


def name_of(change: StepChange) -> str:
    """The step's title, or its id where it has none."""
    return change.title.strip() or change.id


def words_of(change: StepChange) -> str:
    """What happened to a step, for people."""
    moved = f"moved from place {_place(change.from_index)} to {_place(change.to_index)}"
    match change.change:
        case "changed":
            aspects = ", ".join(aspect.value for aspect in change.aspects)
            return f"changed: {aspects}; {moved}" if change.moved else f"changed: {aspects}"
        case "moved":
            return moved
        case word:
            return word


_BASES = {"compareTo": "asked for", "approved": "approved", "last": "the last one"}


def _place(index: int | None) -> str:
    return "" if index is None else str(index + 1)


def _start(step: StepTiming | None) -> str:
    return clock(step.start_ms) if step is not None else ""


def _earlier_frames(earlier: Earlier, folder: Path, wanted: set[str]) -> dict[str, Planes]:
    """Frames cut from the earlier contact sheet; none where it isn't there, isn't one of ours, or is damaged."""
    if earlier.sheet is None:
        return {}
    layout = sheet_layout(small_size(earlier.width_px, earlier.height_px), len(earlier.steps))
    try:
        with opened(folder / IN_FOLDER / Path(earlier.sheet).name, "contact sheet") as picture:
            if picture.size_px != (layout.width_px, layout.height_px):
                return {}
            image = upright(picture)
    except AssetError:
        return {}
    return {
        step["id"]: planes_of_rgb(np.asarray(image.crop((box.x, box.y, box.right, box.bottom)).convert("RGB")))
        for step, box in zip(earlier.steps, layout.boxes, strict=True)
        if step["id"] in wanted
    }
