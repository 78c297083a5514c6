"""Texts on the frame: set letters in their colour, fading in and rising, with what some roles have behind them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from preview_worker.render.child.drawing.filters import Bytes
from preview_worker.render.child.drawing.notes import DrawNote
from preview_worker.render.child.drawing.planes import SHARE_ONE, Planes, Yuv
from preview_worker.render.child.drawing.stamps import Stamp, even_hull, hull, intersection, shifted, stamp_of
from preview_worker.render.child.drawing.workspace import Workspace
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.time import FrameRange

RISE_U = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """How a text comes: fading in while it rises by `distance_px`, within `frames` from `start`."""

    start: int
    frames: int
    distance_px: float

    def progress(self, frame: int) -> float:
        """0 before it begins, 1 when it has arrived; ease-out cubic."""
        share = (frame - self.start + 1) / self.frames
        return 1 - (1 - min(1.0, max(0.0, share))) ** 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A set text at its place.

    Attributes:
        role: The type table's role, for notes.
        notes: What was noticed when it was set.
        mask: The letters' coverage.
        x: Column of the mask's first pixel.
        y: Row of the mask's first pixel, at rest.
        colour: The letters' colour.
        opacity: Factor 0–1 of the letters.
        behind: Stamps below the letters (a caption's box, a badge's pill).
        clip: Even box that nothing leaves.
        shown: Frames in which it is seen.
        reach_px: How far below its place it may begin.
        rise: How it comes; None: it is simply there.
        resting: The letters' stamp once it has arrived.
    """

    role: str
    notes: tuple[DrawNote, ...]
    mask: Bytes
    x: int
    y: int
    colour: Yuv
    opacity: float
    behind: tuple[Stamp, ...]
    clip: Box
    shown: FrameRange
    reach_px: float
    rise: Rise | None
    resting: Stamp

    @property
    def ink(self) -> Box:
        """Around the letters at rest."""
        return self.resting.box

    @property
    def bounds(self) -> Box:
        """Around everything, on its way too; the same whether it rises or not (see `sheets`)."""
        height, width = self.mask.shape
        moving = even_hull(self.x, self.y, self.x + width, self.y + height + self.reach_px + 1)
        box = intersection(moving, self.clip) or self.ink
        for stamp in self.behind:
            box = hull(box, stamp.box)
        return box

    def state(self, frame: int) -> Hashable | None:
        """How far it has come."""
        if not self.shown.start <= frame < self.shown.end:
            return None
        if self.rise is None:
            return 1.0
        return self.rise.progress(frame) or None

    def opaque(self, frame: int) -> Box | None:
        """Letters aren't."""
        del frame
        return None

    def draw(self, frame: int, out: Planes, workspace: Workspace) -> None:
        """Lay what is behind, then the letters."""
        del workspace
        for stamp, share_256 in self.stamps(frame):
            stamp.blend(out, share_256)

    def stamps(self, frame: int) -> tuple[tuple[Stamp, int], ...]:
        """The stamps of a frame and how opaque they are, in 256ths."""
        progress = self.rise.progress(frame) if self.rise is not None else 1.0
        share_256 = round(SHARE_ONE * progress)
        behind = tuple((stamp, share_256) for stamp in self.behind)
        if self.rise is None or progress >= 1.0:
            return (*behind, (self.resting, SHARE_ONE))
        whole, part = divmod((1 - progress) * self.rise.distance_px, 1)
        mask = shifted(self.mask, 0, part)
        letters = stamp_of(mask, self.x, self.y + int(whole), self.colour, opacity=self.opacity, clip=self.clip)
        return (*behind, (letters, share_256))
