"""What a scene is drawn of: items in drawing order, each of which knows when it changes and how it is painted."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

from preview_worker.render.child.drawing.planes import SHARE_ONE, Planes
from preview_worker.render.child.drawing.stamps import Stamp, hull
from preview_worker.render.child.drawing.workspace import Workspace
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.time import FrameRange


class Item(Protocol):
    """One thing on the frame; immutable, so that several threads may paint it at once."""

    @property
    def bounds(self) -> Box:
        """Even box that holds every pixel it ever touches."""
        ...

    def state(self, frame: int) -> Hashable | None:
        """Equal states are equal pixels; None: nothing is drawn at this frame of the step."""
        ...

    def opaque(self, frame: int) -> Box | None:
        """A box that it covers completely at this frame, if there is one: what lies below need not be drawn."""
        ...

    def draw(self, frame: int, out: Planes, workspace: Workspace) -> None:
        """Paint it over planes of the scene's size."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """When something is seen, and how it comes: at once, or fading in within `fade_frames`."""

    shown: FrameRange
    fade_frames: int = 0
    opacity: float = 1.0

    def share_256(self, frame: int) -> int:
        """Opacity in 256ths; 0 when it isn't seen."""
        if not self.shown.start <= frame < self.shown.end:
            return 0
        entered = min(1.0, (frame - self.shown.start + 1) / (self.fade_frames + 1)) if self.fade_frames else 1.0
        return round(SHARE_ONE * self.opacity * entered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The background: a whole frame that is always there."""

    planes: Planes

    @property
    def bounds(self) -> Box:
        """The frame."""
        return self.planes.whole

    def state(self, frame: int) -> Hashable | None:
        """Always the same."""
        del frame
        return True

    def opaque(self, frame: int) -> Box | None:
        """The frame."""
        del frame
        return self.planes.whole

    def draw(self, frame: int, out: Planes, workspace: Workspace) -> None:
        """Copy it."""
        del frame, workspace
        self.planes.copy_into(out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """Stamps laid one over the other: panels, gradients, shadows, the progress line."""

    laid: tuple[Stamp, ...]
    appearance: Appearance

    @property
    def bounds(self) -> Box:
        """Around all stamps."""
        box = self.laid[0].box
        for stamp in self.laid[1:]:
            box = hull(box, stamp.box)
        return box

    def state(self, frame: int) -> Hashable | None:
        """How opaque it is."""
        return self.appearance.share_256(frame) or None

    def opaque(self, frame: int) -> Box | None:
        """Stamps have soft edges."""
        del frame
        return None

    def draw(self, frame: int, out: Planes, workspace: Workspace) -> None:
        """Lay the stamps."""
        del workspace
        for stamp, share_256 in self.stamps(frame):
            stamp.blend(out, share_256)

    def stamps(self, frame: int) -> tuple[tuple[Stamp, int], ...]:
        """The stamps of a frame and how opaque they are, in 256ths."""
        share_256 = self.appearance.share_256(frame)
        return tuple((stamp, share_256) for stamp in self.laid)
