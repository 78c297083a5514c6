"""Single pictures of the video, asked for one at a time: what they need is kept until something else is asked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from preview_worker.contract import Stage
from preview_worker.render.child.drawing.painter import Painter
from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.drawing.studio import Studio
from preview_worker.render.child.findings import drawing_note
from preview_worker.render.child.materials import Materials
from preview_worker.render.child.preparation import Prepared, prepare
from preview_worker.render.child.stages import Progression
from preview_worker.render.child.stills_files import write_frame
from preview_worker.render.child.transitions import held_picture, mixed
from preview_worker.render.frame import BEHIND_STEP, UNKNOWN_STEP
from preview_worker.render.noted import warnings_of
from preview_worker.render.protocol import Event, Frame, Noticed, Refused, Work
from preview_worker.timeline.checks import placed_notes
from preview_worker.timeline.model import Clip
from preview_worker.timeline.scene import Scene
from preview_worker.timeline.time import frame_at_ms, ms_of_frames

KEPT_PAINTERS = 16
"""The steps the author was at last: to prepare one takes 0.05 to 0.3 s, to keep it 6 MB at 1280 × 720."""

_PainterKey = tuple[Scene, Fraction]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """A tutorial that single pictures are taken of; `asked` is what of the work decides its pictures."""

    asked: tuple[Any, ...]
    prepared: Prepared
    studio: Studio


class FrameMaker:
    """Makes single pictures; keeps the last tutorial's plan and the last scenes' painters.

    A painter belongs to its scene and not to a tutorial: an author who changes one step gets the others as fast as
    before.

    Args:
        materials: Gives the studio.
    """

    def __init__(self, materials: Materials) -> None:
        self._materials = materials
        self._desk: _Desk | None = None
        self._painters: OrderedDict[_PainterKey, Painter] = OrderedDict()

    def make(self, command: Frame, folder: Path, progression: Progression, tell: Callable[[Event], None]) -> None:
        """Write one picture of a step and tell of it, or tell why there is none.

        Raises:
            AssetError: A file can't be decoded, or is absent where that fails the job (permanent).
            TooLongError: The tutorial is longer than allowed (permanent).
            StorageError: The picture can't be written (retryable).
        """
        with progression.stage(Stage.PLAN):
            desk = self._desk_for(command.work, folder, tell)
        found = _found(desk.prepared, command)
        if isinstance(found, Refused):
            tell(found)
            return
        with progression.stage(Stage.RENDER):
            clip, frame = found
            planes = self._painted(desk, clip, frame)
            tell(Noticed(warnings=self._warnings(desk, clip)))
            tell(write_frame(planes, folder, width_px=command.width_px))

    def _desk_for(self, work: Work, folder: Path, tell: Callable[[Event], None]) -> _Desk:
        asked = (work.request, work.edition, work.sources, work.voices, work.max_duration_ms, work.fonts_folder)
        if self._desk is None or self._desk.asked != asked:
            self._desk = None
            prepared = prepare(work, folder, tell)[0]
            self._desk = _Desk(asked=asked, prepared=prepared, studio=self._materials.studio(prepared, work))
        return self._desk

    def _painted(self, desk: _Desk, clip: Clip, frame: int) -> Planes:
        """The frame of the clip's scene as the video shows it."""
        canvas = Planes.allocate(clip.scene.width_px, clip.scene.height_px)
        if frame >= clip.transition.frames:
            return self._painter(desk, clip.scene).paint(frame, canvas)
        held = held_picture(clip, lambda scene, at, planes: self._painter(desk, scene).paint(at, planes))
        after = Planes.allocate(clip.scene.width_px, clip.scene.height_px)
        return mixed(clip, frame, held, self._painter(desk, clip.scene).paint(frame, after), canvas)

    def _painter(self, desk: _Desk, scene: Scene) -> Painter:
        key = (scene, desk.prepared.timeline.rate)
        painter = self._painters.get(key)
        if painter is None:
            painter = self._painters[key] = desk.studio.painter(scene)
            while len(self._painters) > KEPT_PAINTERS:
                self._painters.popitem(last=False)
        self._painters.move_to_end(key)
        return painter

    def _warnings(self, desk: _Desk, clip: Clip) -> list[dict[str, Any]]:
        """What the plan says of the step and of the whole, and what its drawing noticed."""
        timeline = desk.prepared.timeline
        planned = (note for note in timeline.notes if note.step_id in (None, clip.step_id))
        noticed = self._painter(desk, clip.scene).warnings
        drawn = (drawing_note(clip.step_id, note.code, note.role, note.value) for note in noticed)
        placed = placed_notes((*planned, *drawn), timeline.clips, timeline.rate)
        return [warning.model_dump(mode="json", by_alias=True) for warning in warnings_of(placed)]


def _found(prepared: Prepared, command: Frame) -> tuple[Clip, int] | Refused:
    """The clip that is asked for and the frame of its scene, or why there is none."""
    clips, rate = prepared.timeline.clips, prepared.timeline.rate
    clip = next((clip for clip in clips if clip.step_id == command.step_id), None)
    if clip is None:
        known = ", ".join(clip.step_id for clip in clips)
        return Refused(code=UNKNOWN_STEP, sentence=f"The video has no step {command.step_id!r}; it has {known[:400]}.")
    if command.at_ms is None:
        return clip, clip.rest_frame
    length_ms = ms_of_frames(clip.scene.frames, rate)
    if command.at_ms > length_ms:
        sentence = f"Step {clip.step_id} lasts {length_ms} ms; {command.at_ms} ms lies behind its end."
        return Refused(code=BEHIND_STEP, sentence=sentence)
    return clip, min(frame_at_ms(command.at_ms, rate), clip.scene.frames - 1)
