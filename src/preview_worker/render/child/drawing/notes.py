"""What the painter noticed that the user should know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NoteCode = Literal["text-shortened", "text-small", "glyph-missing", "contrast-low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawNote:
    """A warning of the drawing.

    Attributes:
        code: The warning's code.
        role: The type table's role of the text.
        value: What was found: the shortened text, the size in px at 1080p, the letters, the contrast ratio.
    """

    code: NoteCode
    role: str
    value: str
