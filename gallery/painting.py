"""From a shot to frames, on the way that a job's frames take: request, facts, timeline, studio, painter."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gallery.shot import Shape, Shot
from preview_worker.contract import PreviewRequest
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.painter import Painter
from preview_worker.render.child.drawing.planes import MixKind, Planes, mix, rgb_of_planes
from preview_worker.render.child.drawing.stills import scaled
from preview_worker.render.child.drawing.studio import Studio
from preview_worker.render.child.probe import probe
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.geometry import even
from preview_worker.timeline.model import AssetFacts, Clip, MissingFacts, PictureFacts, Timeline

EXAMPLE = Path(__file__).parent.parent / "examples" / "brumelac" / "assets"
STEP_MS = 4000
LONGEST_MS = 60_000
RATE = Fraction(30)
SHORT_SIDES: Mapping[Shape, tuple[int, int]] = {"16x9": (16, 9), "9x16": (9, 16), "1x1": (9, 9), "4x3": (12, 9)}
"""Width and height of each shape in ninths of its shorter side."""

ALTS = {
    "lamps": "36 lamps",
    "boats": "4 boats",
    "cards": "24 route cards",
    "dice": "2 dice, 6 mists",
    "oil": "20 drops",
    "mat": "4 player mats",
    "route-card": "A route",
    "lamp-token": "A coral lamp",
    "rowing": "Rowing",
    "lighting": "Lighting",
    "dawn": "Scoring at dawn",
}
FILLER: Mapping[str, Any] = {"layout": "text", "title": "Another step"}

Rgb = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A painted shot.

    Attributes:
        frames: One for each moment: uint8, shape (height_px, width_px, 3), sRGB.
        remarks: Codes and words of what the plan and the drawing noticed.
    """

    frames: tuple[Rgb, ...]
    remarks: tuple[str, ...]


class Darkroom:
    """Paints shots with the example's pictures.

    Args:
        short_side_px: The frames' shorter side, a multiple of 18 so that every shape has even sides.
        fonts_folder: Further fonts, as a user would supply them.
    """

    def __init__(self, short_side_px: int, fonts_folder: Path | None = None) -> None:
        self._ninth_px = short_side_px // 9
        self._files = {path.stem: path for path in sorted(EXAMPLE.iterdir()) if path.suffix in {".jpg", ".png"}}
        self._facts = _facts(self._files)
        pictures = {
            facts.sha256: self._files[name] for name, facts in self._facts.items() if isinstance(facts, PictureFacts)
        }
        self._studio = Studio(pictures, FontSet(fonts_folder), width_px=2, height_px=2, rate=RATE)

    def paint(self, shot: Shot, shape: Shape, *, long_side_px: int) -> Shown:
        """Paint a shot's moments in a shape and bring them to a size.

        Args:
            shot: The shot.
            shape: The frame's shape.
            long_side_px: Longer side of each frame that is given back.
        """
        request = self._request(shot, shape)
        timeline = build_timeline(request, self._facts, encoding="gallery", max_duration_ms=LONGEST_MS)
        clip = timeline.clips[1]
        painter = self._studio.painter(clip.scene)
        planes = self._mixed(shot, clip, painter) if shot.of_transition else _resting(shot, clip, painter)
        return Shown(
            frames=tuple(rgb_of_planes(_brought_to(frame, long_side_px)) for frame in planes),
            remarks=_remarks(timeline, clip, painter),
        )

    def _request(self, shot: Shot, shape: Shape) -> PreviewRequest:
        width, height = (part * self._ninth_px for part in SHORT_SIDES[shape])
        steps = [shot.before or FILLER, shot.step, FILLER]
        fields: dict[str, Any] = {"audio": {"narration": "silent"}} | dict(shot.request)
        fields["options"] = {"resolution": f"{width}x{height}", "fps": int(RATE)} | fields.get("options", {})
        fields["assets"] = [
            {"id": name, "uri": f"{name}.jpg", "alt": ALTS.get(name, "")} for name in (*self._files, "lost")
        ]
        fields["steps"] = [
            {"id": f"step-{place}", "durationMs": STEP_MS} | dict(step) for place, step in enumerate(steps, start=1)
        ]
        return PreviewRequest.model_validate(fields)

    def _mixed(self, shot: Shot, clip: Clip, painter: Painter) -> Sequence[Planes]:
        """Moments of the transition into the step."""
        scene, held = clip.scene, clip.before
        if held is None:
            raise ValueError(f"Shot {shot.name} has no step before it: nothing can be left.")
        before, after, out = (Planes.allocate(scene.width_px, scene.height_px) for _ in range(3))
        leaving = self._studio.painter(held).paint(held.frames - 1, before).copy()
        kind: MixKind = clip.transition.kind
        mixed = []
        for moment in shot.moments:
            coming = painter.paint(round(moment * clip.transition.frames), after)
            mix(kind, moment, leaving, coming, out, colour=scene.palette.background)
            mixed.append(out.copy())
        return mixed


def strip(frames: Sequence[Rgb], gap_px: int = 4) -> Rgb:
    """Frames side by side with white between them."""
    gap = np.full((frames[0].shape[0], gap_px, 3), 255, np.uint8)
    parts = [frames[0], *(part for frame in frames[1:] for part in (gap, frame))]
    return np.concatenate(parts, axis=1)


def _facts(files: Mapping[str, Path]) -> dict[str, AssetFacts]:
    facts: dict[str, AssetFacts] = {"lost": MissingFacts(reason="no such file")}
    for name, path in files.items():
        facts[name] = probe(path, asset_id=name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    return facts


def _resting(shot: Shot, clip: Clip, painter: Painter) -> list[Planes]:
    """Moments of the step itself."""
    canvas = Planes.allocate(clip.scene.width_px, clip.scene.height_px)
    last = clip.scene.frames - 1
    moments = [round(share * last) for share in shot.moments] or [clip.rest_frame]
    return [painter.paint(moment, canvas).copy() for moment in moments]


def _brought_to(planes: Planes, long_side_px: int) -> Planes:
    scale = long_side_px / max(planes.width_px, planes.height_px)
    return scaled(planes, even(planes.width_px * scale), even(planes.height_px * scale))


def _remarks(timeline: Timeline, clip: Clip, painter: Painter) -> tuple[str, ...]:
    planned = [f"{note.code}: {note.message}" for note in timeline.notes if note.step_id == clip.step_id]
    drawn = [f"{note.code}: {note.role} {note.value}" for note in painter.warnings]
    return tuple(dict.fromkeys((*planned, *drawn)))
