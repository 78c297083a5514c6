"""Cards: the title card, the end card and the text between chapters."""

from __future__ import annotations

from dataclasses import dataclass

from preview_worker.contract import BadgeStyle
from preview_worker.timeline.brief import Brief
from preview_worker.timeline.colour import mix
from preview_worker.timeline.direction import reads_leftwards
from preview_worker.timeline.language import language_of
from preview_worker.timeline.layout import card_stack
from preview_worker.timeline.palette import over_photo, rule_over_photo
from preview_worker.timeline.scene import Background, Palette, Source, Stack, Text, TextRole
from preview_worker.timeline.time import FrameRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Background, texts and palette of a card."""

    background: Background
    stack: Stack
    palette: Palette


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Large text, text under the rule, and a muted line below (the number of steps); empty ones are left out."""

    title: str
    body: str
    footer: str


def card(
    brief: Brief,
    palette: Palette,
    words: Words,
    *,
    picture: Source | None,
    frames: int,
    rise: int | None,
    captions: bool,
) -> Card:
    """A card of the title family: large title at left, an accent rule, text under it.

    Args:
        brief: The video.
        palette: The step's palette.
        words: What it says.
        picture: Behind, out of focus and dark under the words; a quiet gradient without one.
        frames: Length of the step.
        rise: Frame at which the texts begin to fade in and rise; None in a still, like the poster.
        captions: Whether captions are burned in, whose band is then left free.
    """
    colours = over_photo(palette) if picture is not None else palette
    second = mix(palette.background, palette.primary, 0.22)
    background = Background(
        colour=palette.background, second_colour=None if picture is not None else second, source=picture
    )
    rows = (
        (TextRole.TITLE, words.title, colours.text, 3),
        (TextRole.DESCRIPTION, words.body, colours.text, 4),
        (TextRole.REFERENCE, words.footer, colours.muted, 1),
    )
    stack_box = card_stack(brief.frame, captions=captions)
    if reads_leftwards(words.title or words.body):
        stack_box = brief.frame.mirrored(stack_box)
    texts = tuple(
        Text(
            role=role,
            text=text,
            box=stack_box,
            colour=colour,
            align="left",
            anchor="middle",
            rise_start=rise,
            shown=FrameRange(start=0, end=frames),
            max_lines=lines,
        )
        for role, text, colour, lines in rows
        if text
    )
    rule = rule_over_photo(palette) if picture is not None else palette.accent
    stack = Stack(box=stack_box, anchor="middle", gap_px=brief.frame.px(20), rule=rule, texts=texts)
    return Card(background=background, stack=stack, palette=colours)


def count_of_steps(brief: Brief) -> str:
    """``8 steps`` in the tutorial's language; empty where nothing is counted or the language has no words here.

    It is furniture like the badge: without a badge that shows the total, an inserted step leaves the card as it is.
    """
    count = len(brief.numbered)
    forms = language_of(brief.request.language).steps
    if not count or forms is None or brief.request.options.furniture.badge is not BadgeStyle.NUMBER_OF_TOTAL:
        return ""
    return forms[0] if count == 1 else forms[1].format(count)
