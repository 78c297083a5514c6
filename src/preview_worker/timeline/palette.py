"""Colours of a preview: the house palette, changed by the payload's theme, kept readable."""

from __future__ import annotations

from preview_worker.contract import Theme
from preview_worker.timeline.colour import MINIMUM_CONTRAST, contrast, mix, readable
from preview_worker.timeline.model import Note
from preview_worker.timeline.scene import Palette

HOUSE = Palette(
    background="#151A21",
    panel="#1C232D",
    hairline="#2A3441",
    heading="#F5D76E",
    text="#F1F2F3",
    muted="#A9B4C2",
    primary="#1F7AE0",
    accent="#FFD54F",
)
"""`text` is white at 94 % over the panel."""

BEHIND_PHOTO = "#0B0E12"
"""What text lies on where a dimmed picture or a lower third is behind it."""

OVER_PHOTO_CONTRAST = 9.0
"""A picture shines through what dims it: up to #222327 instead of `BEHIND_PHOTO`, where this leaves 7:1."""

LIFTED_CONTRAST = 14.0
"""Dark text of a light theme is turned clearly bright there, not into the dimmest grey that can be read."""

LIFTED_HEADING_CONTRAST = 11.0
"""Headings keep more of their colour; at 9 they fell to 6.5:1 on bright pictures."""

SHAPE_CONTRAST = 3.0
"""What a rule needs to be seen: WCAG 2.2 success criterion 1.4.11."""


def palette_of(theme: Theme, background: str | None) -> Palette:
    """The palette of one step: house colours, then the theme's, then the step's own background; text kept at 7:1."""
    base = background or theme.background
    panel = HOUSE.panel if base == HOUSE.background else mix(base, _opposite(base), 0.05)
    hairline = HOUSE.hairline if base == HOUSE.background else mix(base, _opposite(base), 0.16)
    return Palette(
        background=base,
        panel=panel,
        hairline=hairline,
        heading=readable(_heading(theme), panel),
        text=readable(_text(theme), panel),
        muted=readable(HOUSE.muted, panel),
        primary=theme.primary,
        accent=theme.accent,
    )


def contrast_notes(theme: Theme) -> tuple[Note, ...]:
    """A note when the theme's text colour had to be corrected."""
    palette = palette_of(theme, None)
    found = contrast(theme.text, palette.panel)
    if found >= MINIMUM_CONTRAST:
        return ()
    return (
        Note(
            code="contrast-low",
            step_id=None,
            at_ms=None,
            message=f"The theme's text colour {theme.text} reaches {found:.1f}:1; {palette.text} is drawn instead.",
            value=round(found, 2),
            limit=MINIMUM_CONTRAST,
            hint="Choose a lighter text colour, or a darker background.",
        ),
    )


def over_photo(palette: Palette) -> Palette:
    """The palette for text on a dimmed picture."""
    return Palette(
        background=palette.background,
        panel=palette.panel,
        hairline=palette.hairline,
        heading=_lifted(palette.heading, LIFTED_HEADING_CONTRAST),
        text=_lifted(palette.text, LIFTED_CONTRAST),
        muted=readable(palette.muted, BEHIND_PHOTO, OVER_PHOTO_CONTRAST),
        primary=palette.primary,
        accent=palette.accent,
    )


def rule_over_photo(palette: Palette) -> str:
    """The accent, light enough for a rule on a dimmed picture."""
    return readable(palette.accent, BEHIND_PHOTO, SHAPE_CONTRAST)


def _lifted(colour: str, wanted: float) -> str:
    if contrast(colour, BEHIND_PHOTO) >= OVER_PHOTO_CONTRAST:
        return colour
    return readable(colour, BEHIND_PHOTO, wanted)


def _heading(theme: Theme) -> str:
    """House headings are gold; a theme of its own shows its accent there."""
    return HOUSE.heading if theme.accent.upper() == HOUSE.accent else theme.accent


def _text(theme: Theme) -> str:
    """Plain white is softened to the house's 94 %."""
    return HOUSE.text if theme.text.upper() == "#FFFFFF" else theme.text


def _opposite(colour: str) -> str:
    return "#FFFFFF" if contrast("#FFFFFF", colour) >= contrast("#000000", colour) else "#000000"
