"""The type table: size, weight and line height of each role, in the design's u (docs/design.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from preview_worker.render.child.drawing.fonts import Cut
from preview_worker.timeline.scene import TextRole

MarkRole = Literal["label", "marker", "placeholder"]
Role = TextRole | MarkRole

READING_MINIMUM_U = 40 * 720 / 1080
"""Reading text must be at least 40 px high at 1080p."""

ASCENT_EM = 0.97
DESCENT_EM = 0.24
"""Inter's own (0.969, 0.241); lines of other fonts are set on the same baselines."""

OVERSHOOT_EM = 0.14
"""How far accents reach beyond that: Inter's Å ends at 1.00 em, its Ể at 1.09 em."""

DEEP_OVERSHOOT_EM = 0.34
"""The same in scripts with deep letters and signs: the dots of Noto Sans Arabic's ي end 0.46 em below the line, 0.52 em
with a vowel sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a role is set.

    Attributes:
        size_u: Size where there is room.
        smallest_u: Size below which the text is shortened rather than made smaller.
        line_height: Distance of baselines in em.
        cut: Weight, optical size and tracking.
        balanced: Whether lines are made equally long (headings) or filled in order (reading text).
        reading: Whether it is text to be read, which must not be small.
    """

    size_u: float
    smallest_u: float
    line_height: float
    cut: Cut
    balanced: bool = False
    reading: bool = True


def style_of(role: Role) -> Style:
    """The type table."""
    return _STYLES[role]


_STYLES: dict[Role, Style] = {
    TextRole.TITLE: Style(
        size_u=60, smallest_u=40, line_height=1.1, cut=Cut(weight=750, optical_u=32, tracking_em=-0.01), balanced=True
    ),
    TextRole.DESCRIPTION: Style(
        size_u=28, smallest_u=27, line_height=1.4, cut=Cut(weight=450, optical_u=28), balanced=True
    ),
    TextRole.HEADING: Style(
        size_u=40, smallest_u=30, line_height=1.15, cut=Cut(weight=700, optical_u=32), balanced=True
    ),
    TextRole.BODY: Style(size_u=28, smallest_u=27, line_height=1.35, cut=Cut(weight=450, optical_u=28)),
    TextRole.CAPTION: Style(
        size_u=28, smallest_u=27, line_height=1.25, cut=Cut(weight=600, optical_u=28), balanced=True
    ),
    TextRole.PICTURE_CAPTION: Style(size_u=27, smallest_u=27, line_height=1.2, cut=Cut(weight=500, optical_u=27)),
    TextRole.NOTE: Style(size_u=27, smallest_u=27, line_height=1.2, cut=Cut(weight=650, optical_u=27), balanced=True),
    TextRole.BADGE: Style(size_u=20, smallest_u=18, line_height=1.2, cut=Cut(weight=650, optical_u=20), reading=False),
    TextRole.REFERENCE: Style(
        size_u=20, smallest_u=18, line_height=1.2, cut=Cut(weight=500, optical_u=20), reading=False
    ),
    TextRole.WATERMARK: Style(
        size_u=20, smallest_u=14, line_height=1.2, cut=Cut(weight=600, optical_u=20), reading=False
    ),
    "label": Style(size_u=27, smallest_u=27, line_height=1.2, cut=Cut(weight=650, optical_u=27), balanced=True),
    "marker": Style(size_u=24, smallest_u=14, line_height=1.0, cut=Cut(weight=750, optical_u=24), reading=False),
    "placeholder": Style(size_u=22, smallest_u=12, line_height=1.3, cut=Cut(weight=550, optical_u=22), reading=False),
}
