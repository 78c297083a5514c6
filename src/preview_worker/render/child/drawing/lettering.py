"""Setting a text: the largest allowed size whose lines fit the room, or a shorter text; its letters as a mask."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from preview_worker.render.child.drawing.breaking import broken, keeps_words, lines_needed, shortened
from preview_worker.render.child.drawing.filters import Bytes, averaged
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.notes import DrawNote
from preview_worker.render.child.drawing.typography import (
    ASCENT_EM,
    DEEP_OVERSHOOT_EM,
    DESCENT_EM,
    OVERSHOOT_EM,
    READING_MINIMUM_U,
    Role,
    Style,
    style_of,
)

Align = Literal["left", "center", "right"]

OVERSAMPLING = 4
"""Letters are drawn four times as large and averaged: Pillow sets them on whole pixels, ours stand on quarters."""

_SHRINK_STEPS = 8
_ENLARGED_STEP_U = 1.0
_SIMPLE_SCRIPTS_END = 0x0590
"""Latin, Greek, Cyrillic and Armenian lie below this code point: their letters keep to Inter's measures."""
_TOLERANCE = 0.997
"""A line's width is the sum of its words'; kerning at the spaces may add up to 0.3 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a text may take, in pixels, and the scale it is set in."""

    width_px: float
    height_px: float
    max_lines: int
    unit_px: float
    font_scale: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lettering:
    """A text cut into lines at a size; all lengths in pixels."""

    role: Role
    lines: tuple[str, ...]
    size_px: float
    widths_px: tuple[float, ...]
    notes: tuple[DrawNote, ...]

    @property
    def style(self) -> Style:
        """The role's row of the type table."""
        return style_of(self.role)

    @property
    def width_px(self) -> float:
        """Width of the widest line."""
        return max(self.widths_px)

    @property
    def height_px(self) -> int:
        """From the first line's ascent to the last line's descent, in whole pixels."""
        return _height_px(self.style, self.size_px, len(self.lines))

    @property
    def overshoot_px(self) -> int:
        """Rows that a mask has above and below `height_px`, for high accents and deep letters."""
        is_deep = any(
            unicodedata.category(letter)[0] in "LM" and ord(letter) >= _SIMPLE_SCRIPTS_END
            for line in self.lines
            for letter in line
        )
        return math.ceil(self.size_px * (DEEP_OVERSHOOT_EM if is_deep else OVERSHOOT_EM))

    def mask(self, fonts: FontSet, *, align: Align) -> Bytes:
        """The letters: ``uint8, shape (height_px + 2 × overshoot_px, ceil(width_px))``, aligned among themselves."""
        width = max(1, math.ceil(self.width_px))
        height = self.height_px + 2 * self.overshoot_px
        image = Image.new("L", (width * OVERSAMPLING, height * OVERSAMPLING))
        for index, (line, line_width) in enumerate(zip(self.lines, self.widths_px, strict=True)):
            x = {"left": 0.0, "center": (width - line_width) / 2, "right": width - line_width}[align]
            baseline = self.overshoot_px + _baseline_px(self.style, self.size_px, index)
            origin = (round(x * OVERSAMPLING), baseline * OVERSAMPLING)
            fonts.draw(image, origin, line, self.style.cut, self.size_px * OVERSAMPLING)
        return averaged(np.asarray(image), width, height)


def lettering(text: str, role: Role, room: Room, fonts: FontSet) -> Lettering:
    """Set a text into a room.

    The size goes from the role's full size to its lower bound until the text fits with no word cut. At the lower bound
    words too wide for a line are cut, and what is too long is shortened at a sentence or a word, with a note. The
    result never exceeds the room's width, nor its height unless even one line of the smallest size does.
    """
    style = style_of(role)
    largest, smallest = _bounds_px(style, room)
    steps = _steps(largest, smallest, room)
    for step in range(steps + 1):
        size = largest + (smallest - largest) * step / steps
        last = step == steps or largest == smallest
        if _fits(text, style, size, room, fonts) and (last or _keeps_words(text, style, size, room, fonts)):
            return _set(text, role, size, room, fonts, notes=_notes(role, style, size, text, room, fonts))
        if last:
            break
    short = shortened(text, lambda part: _fits(part, style, smallest, room, fonts))
    note = DrawNote(code="text-shortened", role=str(role), value=short)
    notes = (note, *_notes(role, style, smallest, short, room, fonts))
    return _set(short, role, smallest, room, fonts, notes=notes)


def smallest_height_px(role: Role, room: Room) -> float:
    """Height of one line of the role at its smallest size: what must be kept free for it."""
    _, smallest = _bounds_px(style_of(role), room)
    return _height_px(style_of(role), smallest, 1)


def _baseline_px(style: Style, size_px: float, line: int) -> int:
    """Row on which a line's letters stand, from the block's top: whole, so that all lines are equally crisp."""
    return round(size_px * (ASCENT_EM + line * style.line_height))


def _height_px(style: Style, size_px: float, lines: int) -> int:
    return _baseline_px(style, size_px, lines - 1) + math.ceil(size_px * DESCENT_EM)


def _bounds_px(style: Style, room: Room) -> tuple[float, float]:
    largest = style.size_u * room.unit_px * room.font_scale
    smallest = style.smallest_u * room.unit_px * min(1.0, room.font_scale)
    return largest, min(smallest, largest)


def _steps(largest_px: float, smallest_px: float, room: Room) -> int:
    """How many sizes are tried: enlarged letters have further to go, and must not skip the size that just fits."""
    if room.font_scale <= 1:
        return _SHRINK_STEPS
    return max(_SHRINK_STEPS, math.ceil((largest_px - smallest_px) / (_ENLARGED_STEP_U * room.unit_px)))


def _limit_em(room: Room, size_px: float) -> float:
    return room.width_px * _TOLERANCE / size_px


def _keeps_words(text: str, style: Style, size_px: float, room: Room, fonts: FontSet) -> bool:
    return keeps_words(text, _limit_em(room, size_px), lambda part: fonts.width_em(part, style.cut))


def _fits(text: str, style: Style, size_px: float, room: Room, fonts: FontSet) -> bool:
    lines = lines_needed(text, _limit_em(room, size_px), lambda part: fonts.width_em(part, style.cut))
    return len(lines) <= room.max_lines and _height_px(style, size_px, len(lines)) <= room.height_px


def _set(
    text: str, role: Role, size_px: float, room: Room, fonts: FontSet, *, notes: tuple[DrawNote, ...]
) -> Lettering:
    style = style_of(role)
    lines = broken(
        text, _limit_em(room, size_px), lambda part: fonts.width_em(part, style.cut), balanced=style.balanced
    )
    widths = tuple(fonts.width_em(line, style.cut) * size_px for line in lines)
    return Lettering(role=role, lines=lines, size_px=size_px, widths_px=widths, notes=notes)


def _notes(role: Role, style: Style, size_px: float, text: str, room: Room, fonts: FontSet) -> tuple[DrawNote, ...]:
    notes = []
    if style.reading and size_px < READING_MINIMUM_U * room.unit_px - 0.01:
        notes.append(DrawNote(code="text-small", role=str(role), value=f"{size_px / room.unit_px * 1.5:.1f}"))
    missing = fonts.missing(text)
    if missing:
        notes.append(DrawNote(code="glyph-missing", role=str(role), value=missing))
    return tuple(notes)
