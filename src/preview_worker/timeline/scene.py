"""What is drawn during one step, in output pixels and frames of that step: the renderer's whole input for pictures.

A scene says what, where, when and in which colour; how letters are cut into lines and how pixels are filled is the
renderer's work. Everything here is a plain value, so that a scene can be hashed: two equal scenes are the same pixels.
Colours are "#RRGGBB" in sRGB. Draw order: background, panels, pictures in order, highlights, gradients, texts,
other callouts, captions, badge and reference (they are texts), progress, watermark.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from preview_worker.timeline.camera import Camera
from preview_worker.timeline.geometry import Box, Region
from preview_worker.timeline.time import FrameRange

RISE_MS = 350
"""How long a text fades in and rises."""
GROW_MS = 250
"""How long a box or circle takes to come to rest."""
PULSE_MS = 2400
"""How long a pulse lasts: three soft beats. No callout moves of itself after this."""


class TextRole(StrEnum):
    """Typographic roles; sizes and weights belong to the renderer's type table (design: docs/design.md)."""

    TITLE = "title"
    DESCRIPTION = "description"
    HEADING = "heading"
    BODY = "body"
    CAPTION = "caption"
    PICTURE_CAPTION = "picture_caption"
    NOTE = "note"
    BADGE = "badge"
    REFERENCE = "reference"
    WATERMARK = "watermark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a picture's pixels come from; `sha256` is None for one that is missing: a labelled box is drawn instead."""

    asset_id: str
    sha256: str | None
    label: str
    width_px: int
    height_px: int
    has_alpha: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Behind everything: a colour, a quiet gradient of two, or a picture out of focus, dark behind the words."""

    colour: str
    second_colour: str | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A filled rectangle with rounded corners and an optional one-unit hairline."""

    box: Box
    colour: str
    hairline: str | None
    corner_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradient:
    """Soft darkening from transparent at the box's top to `strength` (0–1) of the colour at its bottom."""

    box: Box
    colour: str
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture on the frame.

    `slot` is the area the layout gives; with `backdrop` it is filled with the picture's own blurred, darkened copy.
    `box` is where the picture itself is drawn; `camera` tells which region of the picture fills it. With `corner_px`
    the box's (and the backdrop's) corners are rounded, with `shadow` a soft shadow lies below it (for a picture with
    transparency: below its opaque parts).
    """

    source: Source
    slot: Box
    box: Box
    backdrop: bool
    corner_px: int
    shadow: bool
    camera: Camera
    opacity: float
    shown: FrameRange
    fade_frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text to be set inside a box.

    `rise_start` is the frame at which it begins to fade in and rise (None: there from the first frame). `shown` is the
    range of frames in which it is there at all.
    """

    role: TextRole
    text: str
    box: Box
    colour: str
    align: Literal["left", "center", "right"]
    anchor: Literal["top", "middle", "bottom"]
    rise_start: int | None
    shown: FrameRange
    max_lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Texts set one below the other inside one box (heading, then body), sharing its vertical anchor."""

    box: Box
    anchor: Literal["top", "middle", "bottom"]
    gap_px: int
    rule: str | None
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callout:
    """A mark on a picture, or on the frame when `picture` is None.

    `target` is in 0–1 of the picture (or frame); a point has width and height 0. `number` is a marker's own. `side` is
    the unit vector from the target to the text (and to an arrow's tail); None: where there is most room.
    """

    kind: Literal["box", "circle", "arrow", "marker", "label", "highlight", "note"]
    picture: int | None
    target: Region
    text: str
    number: int
    placement: Box | None
    shown: FrameRange
    pulse: bool
    side: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The line at the very bottom: `cells` equal cells, the first `filled` of them in the primary colour."""

    box: Box
    cells: int
    filled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours of a scene after the theme and the contrast rule."""

    background: str
    panel: str
    hairline: str
    heading: str
    text: str
    muted: str
    primary: str
    accent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything on screen during one step of `frames` frames; `unit_px` is the design's u (frame height ÷ 720)."""

    width_px: int
    height_px: int
    unit_px: float
    font_scale: float
    frames: int
    palette: Palette
    background: Background
    panels: tuple[Panel, ...]
    pictures: tuple[Picture, ...]
    gradients: tuple[Gradient, ...]
    stacks: tuple[Stack, ...]
    texts: tuple[Text, ...]
    callouts: tuple[Callout, ...]
    progress: Progress | None
