"""From a scene's texts and stacks to words on the frame: rooms, anchors, the rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from preview_worker.render.child.drawing.backings import BADGE_PAD_U, CAPTION_PAD_U, behind
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.lettering import Lettering, Room, lettering, smallest_height_px
from preview_worker.render.child.drawing.planes import yuv_of_colour
from preview_worker.render.child.drawing.stamps import even_hull, stamp_of
from preview_worker.render.child.drawing.typography import style_of
from preview_worker.render.child.drawing.words import RISE_U, Rise, Words
from preview_worker.timeline.direction import reads_leftwards
from preview_worker.timeline.furniture import LEAST_SCALE, MOST_SCALE
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.scene import RISE_MS, Scene, Stack, Text, TextRole

WATERMARK_OPACITY = 0.6
RULE_U = (64, 4)
MASK_FULL = 255
BODY_TO_HEADING = 0.8
"""The design's own relation is 0.7: a long heading shrinks to keep its words whole."""
LEAST_PROPORTION = 0.86
"""Of the design's own relation to the heading: a longer text shrinks to fit its room."""
SCALE_STEP = 1 / 16
"""By so much the theme's font scale is taken back, down to 1, where a step's texts don't go together at it."""
_FURNITURE = frozenset({TextRole.BADGE, TextRole.REFERENCE, TextRole.WATERMARK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Typesetter:
    """Sets the texts of one scene; `fps` is the frame rate, for how fast they rise."""

    scene: Scene
    fonts: FontSet
    fps: float

    def text(self, text: Text, *, font_scale: float | None = None) -> Words:
        """One text in its own box, at the scene's font scale or at another one."""
        unit = self.scene.unit_px
        pad_x, pad_y = _padding_u(text.role)
        width, height = text.box.width - 2 * pad_x * unit, text.box.height - 2 * pad_y * unit
        set_text = self._lettering(text, width, height, self.scene.font_scale if font_scale is None else font_scale)
        x = text.box.x + pad_x * unit + _spare(text.align, width - set_text.width_px)
        anchor = "middle" if text.role is TextRole.BADGE else text.anchor  # its pill fills the box
        y = text.box.y + pad_y * unit + _spare(anchor, height - set_text.height_px)
        return self._words(text, set_text, round(x), round(y))

    def common_scale(self, texts: Sequence[Text]) -> float:
        """The font scale at which texts of one role, each in its own box, come to the size of the smallest of them."""
        scale = self.scene.font_scale
        sizes = [self._lettering(text, text.box.width, text.box.height, scale).size_px for text in texts]
        return min(sizes) / (style_of(texts[0].role).size_u * self.scene.unit_px)

    def stack(self, stack: Stack) -> tuple[Words, ...]:
        """Texts below one another, the first ones as large as they need, the last ones with the room that is left."""
        rule_px = self._rule_px(stack)
        letters = self._letters(stack, self.scene.font_scale, rule_px)
        steps = math.ceil(self.scene.font_scale / SCALE_STEP) - 1
        while steps * SCALE_STEP >= 1 and not _in_proportion(letters):
            letters = self._letters(stack, steps * SCALE_STEP, rule_px)
            steps -= 1
        used = rule_px + sum(text.height_px for text in letters) + stack.gap_px * (len(letters) - 1)
        return self._placed(stack, letters, stack.box.y + _spare(stack.anchor, stack.box.height - used))

    def _rule_px(self, stack: Stack) -> int:
        """The height that the rule takes with its gap."""
        if not stack.rule or len(stack.texts) == 1:
            return 0
        return stack.gap_px + max(1, round(RULE_U[1] * self.scene.unit_px))

    def _letters(self, stack: Stack, font_scale: float, rule_px: int) -> list[Lettering]:
        """The stack's texts, set at a font scale from the first to the last."""
        room = stack.box.height - rule_px
        letters: list[Lettering] = []
        for index, text in enumerate(stack.texts):
            later = [
                stack.gap_px + smallest_height_px(other.role, self._room(0, 0, 1)) for other in stack.texts[index + 1 :]
            ]
            scale = _scale_of(text.role, font_scale)
            available = replace(self._room(stack.box.width, room - sum(later), text.max_lines), font_scale=scale)
            if letters and text.role is TextRole.BODY:
                available = self._below(letters[0], available)
            letters.append(lettering(text.text, text.role, available, self.fonts))
            room -= letters[-1].height_px + stack.gap_px
        return letters

    def _placed(self, stack: Stack, letters: list[Lettering], top: float) -> tuple[Words, ...]:
        placed: list[Words] = []
        y = round(top)
        for index, (text, set_text) in enumerate(zip(stack.texts, letters, strict=True)):
            x = stack.box.x + _spare(text.align, stack.box.width - set_text.width_px)
            placed.append(self._words(text, set_text, round(x), y))
            y += set_text.height_px + stack.gap_px
            if index == 0 and stack.rule and len(stack.texts) > 1:
                placed.append(self._rule(stack.rule, text, y))
                y += max(1, round(RULE_U[1] * self.scene.unit_px)) + stack.gap_px
        return tuple(placed)

    def _lettering(self, text: Text, width_px: float, height_px: float, font_scale: float) -> Lettering:
        room = self._room(width_px, height_px, text.max_lines)
        return lettering(text.text, text.role, replace(room, font_scale=_scale_of(text.role, font_scale)), self.fonts)

    def _room(self, width_px: float, height_px: float, max_lines: int) -> Room:
        return Room(
            width_px=width_px,
            height_px=height_px,
            max_lines=max_lines,
            unit_px=self.scene.unit_px,
            font_scale=self.scene.font_scale,
        )

    def _below(self, heading: Lettering, room: Room) -> Room:
        """The room of a text under a heading: where letters are enlarged it stays the smaller of the two."""
        most_px = heading.size_px * BODY_TO_HEADING
        scale = most_px / (style_of(TextRole.BODY).size_u * self.scene.unit_px)
        return replace(room, font_scale=min(room.font_scale, max(1.0, scale)))

    def _rise(self, start: int | None) -> Rise | None:
        if start is None:
            return None
        return Rise(
            start=start, frames=max(1, round(RISE_MS / 1000 * self.fps)), distance_px=RISE_U * self.scene.unit_px
        )

    def _words(self, text: Text, set_text: Lettering, x: int, y: int) -> Words:
        mask = set_text.mask(self.fonts, align=text.align)
        opacity = WATERMARK_OPACITY if text.role is TextRole.WATERMARK else 1.0
        over = set_text.overshoot_px
        clip, colour = self._clip(text.box, over), yuv_of_colour(text.colour)
        ink_height, y = set_text.height_px, y - over
        return Words(
            role=str(text.role),
            notes=set_text.notes,
            mask=mask,
            x=x,
            y=y,
            colour=colour,
            opacity=opacity,
            behind=behind(text, self.scene, mask, Box(x=x, y=y + over, width=mask.shape[1], height=ink_height), y),
            clip=clip,
            shown=text.shown,
            reach_px=RISE_U * self.scene.unit_px,
            rise=self._rise(text.rise_start),
            resting=stamp_of(mask, x, y, colour, opacity=opacity, clip=clip),
        )

    def _rule(self, colour: str, text: Text, y: int) -> Words:
        width, height = round(RULE_U[0] * self.scene.unit_px), max(1, round(RULE_U[1] * self.scene.unit_px))
        x = round(text.box.x + _spare(text.align, text.box.width - width))
        mask = np.full((height, width), MASK_FULL, np.uint8)
        clip, accent = self._clip(text.box, 0), yuv_of_colour(colour)
        return Words(
            role="rule",
            notes=(),
            mask=mask,
            x=x,
            y=y,
            colour=accent,
            opacity=1.0,
            behind=(),
            clip=clip,
            shown=text.shown,
            reach_px=RISE_U * self.scene.unit_px,
            rise=self._rise(text.rise_start),
            resting=stamp_of(mask, x, y, accent, clip=clip),
        )

    def _clip(self, box: Box, overshoot_px: int) -> Box:
        """A rising text begins below its box, accents and deep letters reach out of it; nothing leaves the frame."""
        bottom = min(self.scene.height_px, box.bottom + max(overshoot_px, RISE_U * self.scene.unit_px + 1))
        return even_hull(box.x, max(0, box.y - overshoot_px), box.right, bottom)


def words_of(scene: Scene, fonts: FontSet, fps: float) -> tuple[Words, ...]:
    """All stacks and texts of a scene, set, in drawing order; empty texts are left out."""
    setter = Typesetter(scene=scene, fonts=fonts, fps=fps)
    stacks = (replace(stack, texts=tuple(map(_led, stack.texts))) for stack in scene.stacks if stack.texts)
    stacked = [words for stack in stacks for words in setter.stack(stack)]
    texts = [text for text in scene.texts if text.text.strip()]
    below = [text for text in texts if text.role is TextRole.PICTURE_CAPTION]
    scale = setter.common_scale(below) if below else None
    return (
        *stacked,
        *(setter.text(text, font_scale=scale if text.role is TextRole.PICTURE_CAPTION else None) for text in texts),
    )


def _led(text: Text) -> Text:
    """The text at the side where it is begun to be read."""
    return replace(text, align="right") if text.align == "left" and reads_leftwards(text.text) else text


def _in_proportion(letters: Sequence[Lettering]) -> bool:
    """Whether enlarged texts still go together: none is cut, none that is to be read is dwarfed by its heading."""
    heading, *others = letters
    is_cut = any(note.code == "text-shortened" for text in letters for note in text.notes)
    return not is_cut and not any(
        text.style.reading
        and text.size_px / heading.size_px < text.style.size_u / heading.style.size_u * LEAST_PROPORTION
        for text in others
    )


def _scale_of(role: TextRole, font_scale: float) -> float:
    """The font scale of a role: furniture follows the theme's within narrower bounds."""
    return min(MOST_SCALE, max(LEAST_SCALE, font_scale)) if role in _FURNITURE else font_scale


def _padding_u(role: TextRole) -> tuple[float, float]:
    match role:
        case TextRole.CAPTION:
            return CAPTION_PAD_U
        case TextRole.BADGE:
            return (BADGE_PAD_U, 0)
        case _:
            return (0, 0)


def _spare(anchor: Literal["left", "center", "right", "top", "middle", "bottom"], free_px: float) -> float:
    """How much of the free room lies before the text."""
    match anchor:
        case "left" | "top":
            return 0.0
        case "center" | "middle":
            return max(0.0, free_px / 2)
        case "right" | "bottom":
            return max(0.0, free_px)
