"""What the query of `POST /api/preview/frame` asks for, and where in it a fault lies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from preview_worker.contract import PreviewRequest
from preview_worker.contract.finding import visible
from preview_worker.errors import InvalidPayloadError, PreviewError
from preview_worker.render.frame import BAD_WIDTH, BEHIND_STEP, UNKNOWN_LANGUAGE, UNKNOWN_STEP, FrameWish, step_ids

AT_REST = "rest"
BAD_TIME, STEP_NEEDED = "bad-time", "step-needed"
_PLACES = {STEP_NEEDED: "?step", UNKNOWN_STEP: "?step", BAD_TIME: "?at", BEHIND_STEP: "?at", BAD_WIDTH: "?width"}
_PLACES |= {UNKNOWN_LANGUAGE: "?language"}
"""Where in a request a fault lies: no place of the body, so it is named by the query's parameter."""
_REQUEST = "/previewRequest"
_WHOLE_NUMBER = re.compile("[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameQuery:
    """The parameters as sent."""

    step: str | None
    at: str
    width: str | None
    language: str | None = None

    def wish(self, request: PreviewRequest) -> FrameWish:
        """What they ask for.

        Raises:
            InvalidPayloadError: One is absent or no number (permanent).
        """
        if self.step is None:
            known = ", ".join(step_ids(request))[:400]
            raise InvalidPayloadError(f"Name a step: ?step= and one of {known}.", code=STEP_NEEDED)
        at_ms = None if self.at == AT_REST else _whole_number(self.at)
        if at_ms is None and self.at != AT_REST:
            raise InvalidPayloadError(
                f'at is whole milliseconds since the step\'s start, or "{AT_REST}", not {visible(self.at)!r}.',
                code=BAD_TIME,
            )
        width_px = None if self.width is None else _whole_number(self.width)
        if width_px is None and self.width is not None:
            raise InvalidPayloadError(
                f"width is a whole number of pixels, not {visible(self.width)!r}.", code=BAD_WIDTH
            )
        return FrameWish(step_id=self.step, at_ms=at_ms, width_px=width_px, language=self.language)


@contextmanager
def placed_faults(*, bare: bool) -> Iterator[None]:
    """Let faults carry their place: in the query, or in the body as it was sent.

    Args:
        bare: The body is a previewRequest alone.

    Raises:
        PreviewError: What the block raised, with its place.
    """
    try:
        yield
    except PreviewError as error:
        if error.pointer is None:
            error.pointer = _PLACES.get(error.code)
        elif bare:
            error.pointer = error.pointer.removeprefix(_REQUEST)
        raise


def _whole_number(text: str) -> int | None:
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None
