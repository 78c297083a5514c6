"""Still pictures of a preview: the poster and the contact sheet, as JPEG."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image

from preview_worker.render.child.drawing.filters import Bytes, averaged, interpolated
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.lettering import Align, Room, lettering
from preview_worker.render.child.drawing.planes import Planes, rgb_of_planes, yuv_of_colour
from preview_worker.render.child.drawing.shapes import Edges, disc, edges_of, rounded_frame
from preview_worker.render.child.drawing.stamps import stamp_of
from preview_worker.render.child.drawing.studio import Studio
from preview_worker.render.child.drawing.typography import Role
from preview_worker.timeline.geometry import Box, even
from preview_worker.timeline.scene import Scene, TextRole

POSTER_LONG_SIDE_PX = 1280
JPEG_QUALITY = 88

COLUMNS = 4
THUMB_LONG_PX = 320
MARGIN_PX = 48
GUTTER_PX = 24
HEADER_PX = 92
TEXT_PX = 62
FOOTER_PX = 28
DOT_PX = 7

PAPER, INK, MUTED, HAIRLINE = "#FFFFFF", "#151A21", "#5B6673", "#D5DAE0"
_UNIT_PX = 0.72
"""Letters on the page are this many pixels a design unit: 28u of body text become 20 px."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEntry:
    """One step on the contact sheet.

    Attributes:
        frame: The step at rest, of any size; all entries of a sheet have the same.
        number: "3", or empty for a card.
        title: The step's title, may be empty.
        start: When it begins, as it is to be read ("1:05").
        warns: Whether a warning stands on the step.
    """

    frame: Planes
    number: str
    title: str
    start: str
    warns: bool


def poster(studio: Studio, scene: Scene, frame: int | None = None) -> bytes:
    """A scene at rest as a JPEG whose longer side is 1280 pixels.

    Args:
        studio: Prepares the scene.
        scene: Usually the title card, built for a long side of 1280 pixels; others are scaled.
        frame: Frame of the scene; the last one, where everything has arrived, if None.

    Raises:
        AssetError: A picture can't be decoded; permanent.
    """
    painter = studio.painter(scene)
    canvas = Planes.allocate(scene.width_px, scene.height_px)
    planes = painter.paint(painter.frames - 1 if frame is None else frame, canvas)
    scale = POSTER_LONG_SIDE_PX / max(scene.width_px, scene.height_px)
    return jpeg(scaled(planes, even(scene.width_px * scale), even(scene.height_px * scale)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLayout:
    """Where the frames of a contact sheet stand, in pixels of the page."""

    width_px: int
    height_px: int
    boxes: tuple[Box, ...]


def sheet_layout(frame_size_px: tuple[int, int], count: int) -> SheetLayout:
    """The page of so many frames of one size (width, height), of which only the aspect matters.

    Strips of changes cut the frames of earlier sheets out by this: other numbers make other sizes of the page, by which
    they tell a sheet of another build.
    """
    thumb = thumb_size(frame_size_px)
    columns = _columns(thumb, count)
    rows = max(1, math.ceil(count / columns))
    boxes = []
    for index in range(count):
        row, column = divmod(index, columns)
        x = MARGIN_PX + column * (thumb[0] + GUTTER_PX)
        y = MARGIN_PX + HEADER_PX - 16 + row * (thumb[1] + TEXT_PX + GUTTER_PX)
        boxes.append(Box(x=even(x), y=even(y), width=thumb[0], height=thumb[1]))
    width = 2 * MARGIN_PX + columns * thumb[0] + (columns - 1) * GUTTER_PX
    height = MARGIN_PX + HEADER_PX + rows * (thumb[1] + TEXT_PX) + (rows - 1) * GUTTER_PX + FOOTER_PX
    return SheetLayout(width_px=even(width), height_px=even(height), boxes=tuple(boxes))


def contact_sheet(
    entries: Sequence[SheetEntry], fonts: FontSet, *, heading: str, note: str = "", accent: str = "#E0A100"
) -> bytes:
    """A page with one small frame for each step, as a JPEG that may be printed.

    Args:
        entries: The steps in order.
        fonts: For the words below the frames.
        heading: The tutorial's title.
        note: A muted line beside it: length, resolution, date.
        accent: Colour of the dot at steps with warnings, `#RRGGBB`.
    """
    size = (entries[0].frame.width_px, entries[0].frame.height_px) if entries else (16, 9)
    layout = sheet_layout(size, len(entries))
    page = Page.of(layout.width_px, layout.height_px, fonts, heading=heading, note=note)
    for entry, box in zip(entries, layout.boxes, strict=True):
        page.entry(entry, box, accent)
    return jpeg(page.planes)


def jpeg(planes: Planes) -> bytes:
    """Encode planes; the same bytes for the same samples.

    Searching for the shortest codes would save a tenth of the bytes and nearly double the time.
    """
    buffer = io.BytesIO()
    Image.fromarray(rgb_of_planes(planes)).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()


def scaled(planes: Planes, width_px: int, height_px: int) -> Planes:
    """Planes at another even size."""
    if (planes.width_px, planes.height_px) == (width_px, height_px):
        return planes
    resize = averaged if width_px < planes.width_px else interpolated
    half = (width_px // 2, height_px // 2)
    return Planes(
        resize(np.ascontiguousarray(planes.y), width_px, height_px),
        np.stack([resize(np.ascontiguousarray(plane), *half) for plane in planes.uv]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """White paper with small frames and words under them."""

    planes: Planes
    fonts: FontSet

    @classmethod
    def of(cls, width_px: int, height_px: int, fonts: FontSet, *, heading: str, note: str) -> Page:
        """A page with a heading at the left, a muted line at the right, and a rule below."""
        page = cls(planes=Planes.allocate(width_px, height_px), fonts=fonts)
        page.planes.fill(yuv_of_colour(PAPER))
        inner = width_px - 2 * MARGIN_PX
        note_px = page.write(note, TextRole.BADGE, (MARGIN_PX + inner / 2, MARGIN_PX + 2, inner / 2), MUTED, "right")
        room_px = min(inner * 0.7, inner - note_px - GUTTER_PX)
        page.write(heading, "label", (MARGIN_PX, MARGIN_PX - 6, room_px), INK, "left", scale=1.25)
        page.rule(MARGIN_PX, MARGIN_PX + HEADER_PX - 44, inner)
        return page

    def frame(self, frame: Planes, box: Box) -> None:
        """A small frame with a hairline around it."""
        scaled(frame, box.width, box.height).copy_into(self.planes.part(box))
        self.outline(box)

    def outline(self, box: Box) -> None:
        """A hairline around a box."""
        line = rounded_frame(box, edges_of(box).grown(-0.5), 0, 1)
        stamp_of(line, box.x, box.y, yuv_of_colour(HAIRLINE)).blend(self.planes)

    def entry(self, entry: SheetEntry, box: Box, accent: str) -> None:
        """One step of the contact sheet."""
        self.frame(entry.frame, box)
        top = box.bottom + 9
        number_px = self.write(entry.number, TextRole.BADGE, (box.x, top, 40), MUTED, "left")
        title_x = box.x + (number_px + 8 if number_px else 0)
        right = box.right - self.write(entry.start, TextRole.BADGE, (box.x, top, box.width), MUTED, "right") - 10
        if entry.warns:
            self._dot(right - DOT_PX, top + 9, accent)
            right -= 2 * DOT_PX + 8
        self.write(entry.title, "placeholder", (title_x, top - 2, right - title_x), INK, "left", lines=2)

    def write(
        self,
        text: str,
        role: Role,
        place: tuple[float, float, float],
        colour: str,
        align: Align,
        *,
        scale: float = 1.0,
        lines: int = 1,
    ) -> float:
        """Set a text at (x, y) within a width, all in pixels; gives the width it took."""
        x, y, width = place
        if not text.strip() or width <= 0:
            return 0.0
        room = Room(width_px=width, height_px=TEXT_PX, max_lines=lines, unit_px=_UNIT_PX * scale, font_scale=1.0)
        words = self.fonts.kept((text, role, room, align), lambda: _words(text, role, room, align, self.fonts))
        left = x + width - words.width_px if align == "right" else x
        stamp_of(
            words.mask, round(left), round(y) - words.overshoot_px, yuv_of_colour(colour), clip=self.planes.whole
        ).blend(self.planes)
        return words.width_px

    def rule(self, x: int, y: int, width: int) -> None:
        """A hairline."""
        line = np.full((1, width), 255, np.uint8)
        stamp_of(line, x, y, yuv_of_colour(HAIRLINE)).blend(self.planes)

    def _dot(self, center_x: float, center_y: float, colour: str) -> None:
        edges = Edges(left=center_x, top=center_y, right=center_x, bottom=center_y).grown(DOT_PX + 2)
        area = Box(x=even(edges.left), y=even(edges.top), width=even(edges.width) + 2, height=even(edges.height) + 2)
        mask = disc(area, (center_x, center_y), DOT_PX)
        stamp_of(mask, area.x, area.y, yuv_of_colour(colour)).blend(self.planes)


class _Words(NamedTuple):
    """A drawn text: its coverage, the rows of it above and below the lines, and the width of the longest line."""

    mask: Bytes
    overshoot_px: int
    width_px: float


def _words(text: str, role: Role, room: Room, align: Align, fonts: FontSet) -> _Words:
    letters = lettering(text, role, room, fonts)
    return _Words(letters.mask(fonts, align=align), letters.overshoot_px, letters.width_px)


def thumb_size(frame_size_px: tuple[int, int]) -> tuple[int, int]:
    """The frames' aspect in 320 × 180 pixels' width, or in 320 pixels' height for portrait."""
    width, height = frame_size_px
    scale = THUMB_LONG_PX / max(width, height)
    return max(2, even(width * scale)), max(2, even(height * scale))


def _columns(thumb: tuple[int, int], count: int) -> int:
    """Four landscape frames fill a page's width; narrower ones are as many as that width holds."""
    page_px = COLUMNS * THUMB_LONG_PX + (COLUMNS - 1) * GUTTER_PX
    return min(max(COLUMNS, (page_px + GUTTER_PX) // (thumb[0] + GUTTER_PX)), max(COLUMNS, count))
