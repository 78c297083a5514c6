"""What stands in a step's picture: visuals with their motion, and callouts that point into them."""

from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from preview_worker.contract.fields import (
    Flag,
    LabelIdText,
    LineText,
    PlaceText,
    TimeMs,
    UnitLength,
    UnitNumber,
    Whole,
    Wire,
    refusal,
)
from preview_worker.contract.finding import Code
from preview_worker.contract.kinds import CalloutKind, Easing, Enter, Fit, MotionType

# Sums of decimal fractions such as 0.7 + 0.3 may pass 1 by a few units in the last place.
EDGE_TOLERANCE = 1e-6


def _overhang(start: float, length: float | None) -> PydanticCustomError | None:
    if length is None or start + length <= 1 + EDGE_TOLERANCE:
        return None
    return refusal(Code.OUT_OF_RANGE, "reaches beyond 1: position plus size must not exceed it", limit=1)


class Rect(Wire):
    """A rectangle in fractions of a frame or picture, from its top left corner."""

    x: UnitNumber = Field(description="Left edge.")
    y: UnitNumber = Field(description="Top edge.")
    width: UnitLength = Field(description="Width.")
    height: UnitLength = Field(description="Height.")

    @model_validator(mode="after")
    def _inside(self) -> Self:
        if fault := _overhang(self.x, self.width) or _overhang(self.y, self.height):
            raise fault
        return self


class Target(Wire):
    """What a callout points at: a point, or with width and height a rectangle from its top left corner."""

    x: UnitNumber = Field(description="Centre of the point, or left edge of the rectangle.")
    y: UnitNumber = Field(description="Centre of the point, or top edge of the rectangle.")
    width: UnitLength | None = Field(default=None, description="Width of the rectangle.")
    height: UnitLength | None = Field(default=None, description="Height of the rectangle.")

    @model_validator(mode="after")
    def _inside(self) -> Self:
        if (self.width is None) != (self.height is None):
            raise refusal(Code.REQUIRED, "needs width and height together, or neither")
        if fault := _overhang(self.x, self.width) or _overhang(self.y, self.height):
            raise fault
        return self


class Motion(Wire):
    """A camera move over a picture."""

    type: MotionType = Field(description="How the camera moves.")
    from_: Rect | None = Field(
        default=None, alias="from", description="First view, in fractions of the picture; absent: the fitted view."
    )
    to: Rect | None = Field(
        default=None,
        description="Last view, in fractions of the picture; absent: zoom_in 0.92 of the first, zoom_out its inverse,"
        " pan 6 %.",
    )
    easing: Easing = Field(default=Easing.IN_OUT_SINE, description="How the move speeds up and slows down.")


class Visual(Wire):
    """A picture of a step. A string instead of the object is an asset's id, else a path."""

    id: LabelIdText | None = Field(default=None, description="Name for callouts, unique in the step.")
    asset_id: LabelIdText | None = Field(default=None, description="Id of the asset to show.")
    path: PlaceText | None = Field(
        default=None, description="Instead of `assetId`: path, https or data address of a picture that is no asset."
    )
    fit: Fit | None = Field(default=None, description="How it fills its box; absent: cover in full, else contain.")
    placement: Rect | None = Field(
        default=None, description="Box in fractions of the frame; takes the visual out of the layout."
    )
    layer: Whole = Field(default=0, ge=-1000, le=1000, description="Higher is nearer; then the order in the list.")
    opacity: UnitNumber = Field(default=1.0, description="1 is solid.")
    enter: Enter = Field(default=Enter.NONE, description="How it appears.")
    motion: Motion | None = Field(
        default=None, description="Absent: hold under 2.5 s or with callouts, else a slow zoom_in."
    )
    start_ms: TimeMs | None = Field(default=None, description="When it appears, from the step's start; absent: 0.")
    end_ms: TimeMs | None = Field(
        default=None, description="When it goes, from the step's start; absent: the step's end."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        # The request, which knows its assets, has already turned strings that name one into `assetId`.
        return {"path": value} if isinstance(value, str) else value


class Callout(Wire):
    """A sign that points at a part of a picture, or a note."""

    kind: CalloutKind = Field(description="Its form.")
    target: Target | None = Field(
        default=None, description="What it points at, in fractions of the picture; needed by all kinds but note."
    )
    visual: LabelIdText | Whole | None = Field(
        default=None, description="The picture: a visual's id, or its index from 0; absent: the step's only one."
    )
    asset_id: LabelIdText | None = Field(
        default=None, description="The picture by its asset, where the step shows it once."
    )
    frame: Flag = Field(default=False, description="The target is in fractions of the frame instead of a picture.")
    placement: Rect | None = Field(
        default=None, description="Box of the text in fractions of the frame; needed by note."
    )
    text: LineText = Field(default="", description="Words beside it; needed by label and note.")
    start_ms: TimeMs | None = Field(default=None, description="When it appears, from the step's start; absent: 0.")
    end_ms: TimeMs | None = Field(
        default=None, description="When it goes, from the step's start; absent: with its visual."
    )
    at: LineText | None = Field(
        default=None, description="Instead of `startMs`: words of the step's narration with which it appears."
    )
    until: LineText | None = Field(
        default=None, description="Instead of `endMs`: words of the step's narration after which it goes."
    )
    pulse: Flag = Field(default=False, description="Draws the eye by pulsing.")
