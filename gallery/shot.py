"""What a picture of the gallery shows: one step of a tutorial, the options around it, and the moments that are seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Shape = Literal["16x9", "9x16", "1x1", "4x3"]

LANDSCAPE: Shape = "16x9"
PORTRAIT: Shape = "9x16"
BOTH: tuple[Shape, ...] = (LANDSCAPE, PORTRAIT)
EVERY: tuple[Shape, ...] = (LANDSCAPE, PORTRAIT, "1x1", "4x3")

START_MIDDLE_END = (0.0, 0.5, 1.0)
"""Shares of the step: where its first, middle and last frame are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture, or a strip of several moments.

    Attributes:
        name: Its file name without shape and ending; unique.
        words: What is to be seen, for the page.
        step: The step as it stands in a payload, without id and with a length only where 4 s won't do.
        request: Other fields of the previewRequest.
        before: The step before it, which a transition leaves; a plain text card where it doesn't matter.
        moments: Shares (0–1) of the step that are shown side by side; empty: the step at rest.
        of_transition: Whether the moments are shares of the transition into the step instead.
        shapes: Shapes of the frame it is drawn in.
        golden: Whether its landscape picture is among the golden frames.
    """

    name: str
    words: str
    step: Mapping[str, Any]
    request: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] | None = None
    moments: tuple[float, ...] = ()
    of_transition: bool = False
    shapes: tuple[Shape, ...] = BOTH
    golden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Shots that belong together, under one heading of the page."""

    heading: str
    words: str
    shots: tuple[Shot, ...]


def options(**values: Any) -> dict[str, Any]:
    """The request's `options`, as `Shot.request` takes them."""
    return {"options": values}
