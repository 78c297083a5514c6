"""All shots, in the page's order."""

from __future__ import annotations

from gallery.layouts import CARDS, LAYOUTS, PICTURES
from gallery.movements import CALLOUTS, MOTIONS, TRANSITIONS
from gallery.shot import Chapter, Shot
from gallery.styles import FURNITURE, THEMES, TYPE

CHAPTERS: tuple[Chapter, ...] = (
    LAYOUTS,
    CARDS,
    PICTURES,
    MOTIONS,
    TRANSITIONS,
    CALLOUTS,
    THEMES,
    TYPE,
    FURNITURE,
)


def golden_shots() -> tuple[Shot, ...]:
    """The shots that are kept as golden frames."""
    return tuple(shot for chapter in CHAPTERS for shot in chapter.shots if shot.golden)
