"""One picture of a preview on its own: what may be asked, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass

from preview_worker.contract import PreviewRequest, PreviewWarning
from preview_worker.errors import InvalidPayloadError
from preview_worker.timeline.build import TITLE_STEP_ID

SMALLEST_WIDTH_PX = 16
UNKNOWN_STEP, BEHIND_STEP, BAD_WIDTH = "unknown-step", "behind-step", "bad-width"
UNKNOWN_LANGUAGE = "unknown-language"
"""Codes of what can be wrong with a wish; the first two are also a render process's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameWish:
    """Which picture is wanted.

    Attributes:
        step_id: The step.
        at_ms: Time since the step's start; None: at rest, when everything has arrived.
        width_px: Width of the picture, to the nearest even pixel; None: the video's.
        language: Language of the edition; None: the request's own.
    """

    step_id: str
    at_ms: int | None = None
    width_px: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePicture:
    """The picture as a JPEG, with what the author of the step should look at."""

    content: bytes
    width_px: int
    height_px: int
    warnings: tuple[PreviewWarning, ...]


def step_ids(request: PreviewRequest) -> tuple[str, ...]:
    """The steps a picture can be taken of; a request without steps shows its title card."""
    return tuple(step.id for step in request.steps) or (TITLE_STEP_ID,)


def check_wish(request: PreviewRequest, wish: FrameWish) -> None:
    """Refuse what can be told to be wrong before anything is drawn.

    Raises:
        InvalidPayloadError: There is no such step, or the width is none the video can be shown in (permanent).
    """
    known = step_ids(request)
    if wish.step_id not in known:
        raise InvalidPayloadError(
            f"There is no step {wish.step_id[:128]!r}; there are {', '.join(known)[:400]}.", code=UNKNOWN_STEP
        )
    largest_px = request.options.width_px
    if wish.width_px is not None and not SMALLEST_WIDTH_PX <= wish.width_px <= largest_px:
        raise InvalidPayloadError(
            f"A frame of {wish.width_px} px can't be made; its width may be {SMALLEST_WIDTH_PX} to {largest_px} px.",
            code=BAD_WIDTH,
        )
