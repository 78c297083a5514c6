"""From a scene's callouts to marks on the frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypedDict, assert_never

import numpy as np

from preview_worker.render.child.drawing.aims import Aim, Entrance, corner_of_most_room, side_of_most_room
from preview_worker.render.child.drawing.filters import Bytes
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.highlights import Highlights
from preview_worker.render.child.drawing.items import Item
from preview_worker.render.child.drawing.lettering import Lettering, Room, lettering
from preview_worker.render.child.drawing.marks import (
    ARROW_GAP_U,
    ARROW_LENGTH_U,
    LEADER_LENGTH_U,
    MARKER_U,
    POINT_RADIUS_U,
    Arrow,
    Label,
    Letters,
    Marker,
    Outline,
)
from preview_worker.render.child.drawing.notes import DrawNote
from preview_worker.render.child.drawing.planes import Yuv, yuv_of_colour
from preview_worker.render.child.drawing.shapes import Edges, Point, edges_of, rounded_rectangle
from preview_worker.render.child.drawing.stamps import even_hull, intersection, stamp_of
from preview_worker.render.child.drawing.typography import Role
from preview_worker.render.child.drawing.words import Words
from preview_worker.timeline.camera import still
from preview_worker.timeline.colour import contrast
from preview_worker.timeline.direction import reads_leftwards
from preview_worker.timeline.geometry import Box, Region
from preview_worker.timeline.lower_third import LEAD_U
from preview_worker.timeline.palette import BEHIND_PHOTO, rule_over_photo
from preview_worker.timeline.scene import Callout, Scene, TextRole

LABEL_WIDTH_SHARE = 0.34
NOTE_WIDTH_SHARE = 0.4
MARKER_GAP_U = 8
NOTE_PAD_U = (18, 10)
NOTE_HEIGHT_U = 120
NOTE_OPACITY = 0.86
BAR_U = 5
SAFE_SHARE = 0.05
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
                note = self._note(callout)
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
        letters = self._set(callout.text, "label", width, 2)
        placement = callout.placement
        place = edges_of(placement).center if placement is not None else None
        label = Label(
            text=_letters(letters, self.fonts, yuv_of_colour("#FFFFFF")),
            side=side,
            start_px=start_px,
            leader_px=LEADER_LENGTH_U * scene.unit_px if leads else 0.0,
            place=place,
            inside=intersection(clip, _safe(scene)) or clip,
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

    def _note(self, callout: Callout) -> Words | None:
        """A text on a dark box with an accent bar at its left, in its placement or at the lower left."""
        if not callout.text.strip():
            return None
        unit, scene = self.scene.unit_px, self.scene
        box = callout.placement or self._default_note_box(callout)
        pad_x, pad_y = NOTE_PAD_U[0] * unit, NOTE_PAD_U[1] * unit
        room_width, room_height = box.width - 2 * pad_x, box.height - 2 * pad_y
        lines = max(1, int(room_height / (27 * unit)))
        letters = self._set(callout.text, TextRole.NOTE, room_width, lines, height_px=room_height)
        leftwards = reads_leftwards(callout.text)
        mask = letters.mask(self.fonts, align="right" if leftwards else "left")
        right, height = box.x + mask.shape[1] + 2 * pad_x, letters.height_px + 2 * pad_y
        top = box.y if callout.placement is not None else box.bottom - height
        edges = Edges(left=box.x, top=top, right=right, bottom=top + height)
        area = even_hull(edges.left, edges.top, edges.right, edges.bottom)
        body = rounded_rectangle(area, edges, 10 * unit)
        bar_px = BAR_U * unit
        bar = np.minimum(body, _right_of(area, right - bar_px) if leftwards else _left_of(area, box.x + bar_px))
        x, y, clip = round(box.x + pad_x), round(top + pad_y) - letters.overshoot_px, _frame(scene)
        white = yuv_of_colour("#FFFFFF")
        return Words(
            role=TextRole.NOTE.value,
            notes=letters.notes,
            mask=mask,
            x=x,
            y=y,
            colour=white,
            opacity=1.0,
            behind=(
                stamp_of(body, area.x, area.y, yuv_of_colour(BEHIND_PHOTO), opacity=NOTE_OPACITY, clip=clip),
                stamp_of(bar, area.x, area.y, yuv_of_colour(rule_over_photo(scene.palette)), clip=clip),
            ),
            clip=clip,
            shown=callout.shown,
            reach_px=0.0,
            rise=None,
            resting=stamp_of(mask, x, y, white, clip=clip),
        )

    def _default_note_box(self, callout: Callout) -> Box:
        area = intersection(self._clip(callout), _safe(self.scene)) or _frame(self.scene)
        pad, floor = 16 * self.scene.unit_px, self._floor(area)
        top = max(area.y, floor - NOTE_HEIGHT_U * self.scene.unit_px - pad)
        return even_hull(area.x + pad, top, area.x + pad + area.width * NOTE_WIDTH_SHARE, floor - pad)

    def _floor(self, area: Box) -> float:
        """How far down an area is free of captions and of a lower third's words."""
        scene = self.scene
        words = [gradient.box.y + LEAD_U * scene.unit_px for gradient in scene.gradients]
        captions = [text.box.y for text in scene.texts if text.role is TextRole.CAPTION]
        return min([area.bottom, *(top for top in (*words, *captions) if top > area.y + area.height / 4)])

    def _set(self, text: str, role: Role, width_px: float, lines: int, *, height_px: float = float("inf")) -> Lettering:
        room = Room(
            width_px=width_px,
            height_px=height_px,
            max_lines=lines,
            unit_px=self.scene.unit_px,
            font_scale=self.scene.font_scale,
        )
        return lettering(text, role, room, self.fonts)

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
        return _frame(self.scene) if callout.picture is None else self.scene.pictures[callout.picture].box

    def _clip(self, callout: Callout) -> Box:
        """Marks may leave the picture as far as the area that the layout gave it."""
        if callout.picture is None:
            return _frame(self.scene)
        picture = self.scene.pictures[callout.picture]
        return intersection(picture.slot, _frame(self.scene)) or picture.box


def _letters(letters: Lettering, fonts: FontSet, colour: Yuv) -> Letters:
    return Letters(mask=letters.mask(fonts, align="center"), overshoot_px=letters.overshoot_px, colour=colour)


def _between(first: Region, last: Region) -> Region:
    return Region(
        x=(first.x + last.x) / 2,
        y=(first.y + last.y) / 2,
        width=(first.width + last.width) / 2,
        height=(first.height + last.height) / 2,
    )


def _frame(scene: Scene) -> Box:
    return Box(x=0, y=0, width=scene.width_px, height=scene.height_px)


def _safe(scene: Scene) -> Box:
    margin_x, margin_y = scene.width_px * SAFE_SHARE, scene.height_px * SAFE_SHARE
    return even_hull(margin_x, margin_y, scene.width_px - margin_x, scene.height_px - margin_y)


def _left_of(area: Box, x: float) -> Bytes:
    edges = Edges(left=area.x - 8, top=area.y - 8, right=x, bottom=area.bottom + 8)
    return rounded_rectangle(area, edges, 0)


def _right_of(area: Box, x: float) -> Bytes:
    mirrored: Bytes = _left_of(area, area.x + area.right - x)[:, ::-1]
    return mirrored
