"""From a scene's callouts to marks on the frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypedDict, assert_never

from preview_worker.render.child.drawing.aims import Aim, Entrance, corner_of_most_room, side_of_most_room
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.grounds import frame_box
from preview_worker.render.child.drawing.highlights import Highlights
from preview_worker.render.child.drawing.items import Item
from preview_worker.render.child.drawing.labels import LEADER_LENGTH_U, Label
from preview_worker.render.child.drawing.lettering import Lettering, Room, lettering
from preview_worker.render.child.drawing.marks import (
    ARROW_GAP_U,
    ARROW_LENGTH_U,
    MARKER_U,
    POINT_RADIUS_U,
    Arrow,
    Letters,
    Marker,
    Outline,
)
from preview_worker.render.child.drawing.note_boxes import note_of, safe_box
from preview_worker.render.child.drawing.notes import DrawNote
from preview_worker.render.child.drawing.planes import Yuv, yuv_of_colour
from preview_worker.render.child.drawing.shapes import Edges, Point, edges_of
from preview_worker.render.child.drawing.stamps import intersection
from preview_worker.timeline.camera import still
from preview_worker.timeline.colour import contrast
from preview_worker.timeline.geometry import Box, Region
from preview_worker.timeline.scene import Callout, Scene

LABEL_WIDTH_SHARE = 0.34
MARKER_GAP_U = 8
DARK, LIGHT = "#000000", "#FFFFFF"


class _Common(TypedDict):
    """Arguments that every mark takes."""

    aim: Aim
    entrance: Entrance
    clip: Box
    unit_px: float
    accent: Yuv
    outline: Yuv


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """Makes the marks of one scene.

    Attributes:
        scene: The scene.
        fonts: For labels, notes and numbers.
        fps: Frame rate, for how fast marks grow and beat.
    """

    scene: Scene
    fonts: FontSet
    fps: float

    def highlights(self) -> tuple[Item, ...]:
        """What darkens pictures: one item for each picture with highlights, to be drawn right above the pictures."""
        groups: dict[int | None, list[Callout]] = {}
        for callout in self.scene.callouts:
            if callout.kind == "highlight":
                groups.setdefault(callout.picture, []).append(callout)
        return tuple(
            Highlights(
                lights=tuple((self._aim(callout), self._entrance(callout)) for callout in callouts),
                box=self._box(callouts[0]),
                unit_px=self.scene.unit_px,
            )
            for callouts in groups.values()
        )

    def marks(self) -> tuple[tuple[Item, ...], tuple[DrawNote, ...]]:
        """Everything that lies above the texts, in order, and what was noticed while its texts were set."""
        items: list[Item] = []
        notes: list[DrawNote] = []
        for callout in self.scene.callouts:
            made, noticed = self._items(callout)
            items.extend(made)
            notes.extend(noticed)
        return tuple(items), tuple(notes)

    def _items(self, callout: Callout) -> tuple[list[Item], tuple[DrawNote, ...]]:
        unit, edges, area = self.scene.unit_px, self._edges(callout), self._clip(callout)
        is_point = not callout.target.width and not callout.target.height
        beside = POINT_RADIUS_U * unit if is_point else 10 * unit
        side = callout.side or side_of_most_room(edges, area)
        match callout.kind:
            case "box" | "circle":
                return self._with_label(callout, [self._outline(callout)], side, beside)
            case "highlight":
                return self._with_label(callout, [], side, beside + 10 * unit)
            case "arrow":
                side = callout.side or corner_of_most_room(edges, area)
                arrow = Arrow(side=side, **self._common(callout))
                return self._with_label(callout, [arrow], side, (ARROW_GAP_U + ARROW_LENGTH_U) * unit, leads=False)
            case "marker":
                marker = Marker(number=self._number(callout), **self._common(callout))
                corner = replace(callout, target=replace(callout.target, width=0.0, height=0.0))
                side = callout.side or side_of_most_room(self._edges(corner), area)
                return self._with_label(corner, [marker], side, (MARKER_U / 2 + MARKER_GAP_U) * unit, leads=False)
            case "label":
                return self._with_label(callout, [], side, 9 * unit)
            case "note":
                note = note_of(callout, self.scene, self._clip(callout), self.fonts)
                return ([note], note.notes) if note is not None else ([], ())
            case _:
                assert_never(callout.kind)

    def _with_label(
        self, callout: Callout, items: list[Item], side: Point, start_px: float, *, leads: bool = True
    ) -> tuple[list[Item], tuple[DrawNote, ...]]:
        """The marks, and the callout's text on a pill beside them."""
        if not callout.text.strip():
            return items, ()
        scene = self.scene
        clip = self._clip(callout)
        width = min(clip.width * 0.8, max(clip.width * LABEL_WIDTH_SHARE, 240 * scene.unit_px))
        room = Room(
            width_px=width,
            height_px=float("inf"),
            max_lines=2,
            unit_px=scene.unit_px,
            font_scale=scene.font_scale,
        )
        letters = lettering(callout.text, "label", room, self.fonts)
        placement = callout.placement
        place = edges_of(placement).center if placement is not None else None
        label = Label(
            text=_letters(letters, self.fonts, yuv_of_colour("#FFFFFF")),
            side=side,
            start_px=start_px,
            leader_px=LEADER_LENGTH_U * scene.unit_px if leads else 0.0,
            place=place,
            inside=intersection(clip, safe_box(scene)) or clip,
            **self._common(callout),
        )
        return [*items, label], letters.notes

    def _outline(self, callout: Callout) -> Item:
        return Outline(shape="circle" if callout.kind == "circle" else "box", **self._common(callout))

    def _number(self, callout: Callout) -> Letters:
        unit = self.scene.unit_px
        room = Room(width_px=34 * unit, height_px=34 * unit, max_lines=1, unit_px=unit, font_scale=1.0)
        letters = lettering(str(callout.number), "marker", room, self.fonts)
        return _letters(letters, self.fonts, self._against_accent())

    def _common(self, callout: Callout) -> _Common:
        return _Common(
            aim=self._aim(callout),
            entrance=self._entrance(callout),
            clip=self._clip(callout),
            unit_px=self.scene.unit_px,
            accent=yuv_of_colour(self.scene.palette.accent),
            outline=self._against_accent(),
        )

    def _against_accent(self) -> Yuv:
        """Dark or light, whichever stands out more from the accent."""
        accent = self.scene.palette.accent
        return yuv_of_colour(max((DARK, LIGHT), key=lambda colour: contrast(colour, accent)))

    def _aim(self, callout: Callout) -> Aim:
        camera = None if callout.picture is None else self.scene.pictures[callout.picture].camera
        return Aim(target=callout.target, box=self._box(callout), camera=camera)

    def _entrance(self, callout: Callout) -> Entrance:
        return Entrance(shown=callout.shown, fps=self.fps, pulse=callout.pulse)

    def _edges(self, callout: Callout) -> Edges:
        """Where the target lies, on average of the camera's way: what is decided by it holds for the whole step.

        It must not depend on when the callout begins: frames are known by what they show (timeline/segments.py).
        """
        aim = self._aim(callout)
        if aim.camera is None:
            return aim.edges(0)
        return replace(aim, camera=still(_between(aim.camera.start, aim.camera.end))).edges(0)

    def _box(self, callout: Callout) -> Box:
        return frame_box(self.scene) if callout.picture is None else self.scene.pictures[callout.picture].box

    def _clip(self, callout: Callout) -> Box:
        """Marks may leave the picture as far as the area that the layout gave it."""
        if callout.picture is None:
            return frame_box(self.scene)
        picture = self.scene.pictures[callout.picture]
        return intersection(picture.slot, frame_box(self.scene)) or picture.box


def _letters(letters: Lettering, fonts: FontSet, colour: Yuv) -> Letters:
    return Letters(mask=letters.mask(fonts, align="center"), overshoot_px=letters.overshoot_px, colour=colour)


def _between(first: Region, last: Region) -> Region:
    return Region(
        x=(first.x + last.x) / 2,
        y=(first.y + last.y) / 2,
        width=(first.width + last.width) / 2,
        height=(first.height + last.height) / 2,
    )
