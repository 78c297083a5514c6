"""How the preview is to look, sound and be written."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from preview_worker.contract.fields import (
    Colour,
    Flag,
    JobIdText,
    LabelIdText,
    Number,
    StepIdText,
    TimeMs,
    WatermarkText,
    Whole,
    Wire,
    refusal,
)
from preview_worker.contract.finding import Code
from preview_worker.contract.kinds import (
    BadgeStyle,
    Format,
    LoudnessProfile,
    NarrationMode,
    OnMissingAsset,
    Quality,
    Supersede,
)

FRAME_RATES = (12, 15, 24, 25, 30)
LONG_SIDE_PX = (160, 1920)
SHORT_SIDE_PX = (90, 1080)
RESOLUTION_PATTERN = "^[1-9][0-9]{1,3}x[1-9][0-9]{1,3}$"


def _sides_px(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def _resolution(text: str) -> str:
    sides = text.split("x")
    if len(sides) != len(("width", "height")) or not all(side.isascii() and side.isdigit() for side in sides):
        raise refusal(Code.BAD_FORMAT, "must be like 1280x720", limit="WxH")
    if any(len(side) > len("1920") for side in sides):
        raise refusal(Code.OUT_OF_RANGE, "is larger than 1920x1080", limit="1920x1080")
    short_px, long_px = sorted(int(side) for side in sides)
    if short_px % 2 or long_px % 2:
        raise refusal(Code.OUT_OF_RANGE, "must have even sides: the video format halves them", limit="even")
    if not LONG_SIDE_PX[0] <= long_px <= LONG_SIDE_PX[1] or not SHORT_SIDE_PX[0] <= short_px <= SHORT_SIDE_PX[1]:
        limit = f"long side {LONG_SIDE_PX[0]}-{LONG_SIDE_PX[1]}, short side {SHORT_SIDE_PX[0]}-{SHORT_SIDE_PX[1]}"
        raise refusal(Code.OUT_OF_RANGE, f"must keep to {limit} pixels", limit=limit)
    return "x".join(str(int(side)) for side in sides)


def _frame_rate(fps: int) -> int:
    if fps not in FRAME_RATES:
        allowed = ", ".join(str(rate) for rate in FRAME_RATES)
        raise refusal(Code.NOT_ALLOWED, f"must be one of {allowed}", limit=allowed)
    return fps


class Music(Wire):
    """A music bed under the speech."""

    asset_id: LabelIdText = Field(description="Id of the asset with the music.")
    gain_db: Number = Field(default=-18.0, ge=-60, le=0, description="Level of the music.")
    duck_db: Number = Field(default=-12.0, ge=-40, le=0, description="How far below that it goes under speech.")


class Audio(Wire):
    """What is heard."""

    narration: NarrationMode = Field(
        default=NarrationMode.AUTO,
        description="Where speech comes from; auto: the step's audio, else a draft voice if installed, else silence.",
    )
    voice: LabelIdText | None = Field(default=None, description="Name of the draft voice.")
    music: Music | None = Field(default=None, description="Music bed.")
    profile: LoudnessProfile = Field(default=LoudnessProfile.MOBIUS_16, description="Loudness the mix aims at.")


class Range(Wire):
    """The part to render: either steps by id or times of the whole."""

    from_step: StepIdText | None = Field(default=None, description="First step; absent: the first of all.")
    to_step: StepIdText | None = Field(default=None, description="Last step, inclusive; absent: the last of all.")
    start_ms: TimeMs | None = Field(default=None, description="Start in the whole video; absent: 0.")
    end_ms: TimeMs | None = Field(default=None, description="End in the whole video; absent: its end.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        by_step = self.from_step is not None or self.to_step is not None
        by_time = self.start_ms is not None or self.end_ms is not None
        if by_step and by_time:
            raise refusal(Code.CONFLICT, "must use either fromStep and toStep, or startMs and endMs")
        if not by_step and not by_time:
            raise refusal(Code.REQUIRED, "needs fromStep, toStep, startMs or endMs")
        return self


class Theme(Wire):
    """Colours and size of text."""

    primary: Colour = Field(default="#1F7AE0", description="Markers and the progress line.")
    accent: Colour = Field(default="#FFD54F", description="Callouts.")
    background: Colour = Field(default="#151A21", description="Behind everything.")
    text: Colour = Field(default="#FFFFFF", description="Reading text.")
    font_scale: Number = Field(default=1.0, ge=0.5, le=2.0, description="Multiplies every text size.")


class Furniture(Wire):
    """What stands on every step."""

    badge: BadgeStyle = Field(default=BadgeStyle.NUMBER_OF_TOTAL, description="What the step badge shows.")
    progress: Flag = Field(default=True, description="Whether the progress line is shown.")


class Options(Wire):
    """How the video is written."""

    resolution: Annotated[
        str, AfterValidator(_resolution), WithJsonSchema({"type": "string", "pattern": RESOLUTION_PATTERN})
    ] = Field(
        default="1280x720",
        description="Width x height in pixels: even, long side 160 to 1920, short side 90 to 1080.",
    )
    fps: Annotated[
        Whole, AfterValidator(_frame_rate), WithJsonSchema({"type": "integer", "enum": list(FRAME_RATES)})
    ] = Field(default=30, description="Frames per second.")
    format: Format = Field(default=Format.MP4, description="Container: H.264 with AAC, or VP9 (draft: VP8) with Opus.")
    quality: Quality = Field(
        default=Quality.STANDARD,
        description="draft: half the frame rate and a coarser picture; high: a finer one, slower.",
    )
    include_captions: Flag = Field(
        default=False, description="Burns the captions into the picture; caption files are always written."
    )
    range: Range | None = Field(default=None, description="The part to render; absent: all.")
    theme: Theme = Field(default=Theme.model_construct(), description="Colours and text size.")
    watermark: WatermarkText | None = Field(default=None, description="Faint text over the picture.")
    furniture: Furniture = Field(default=Furniture.model_construct(), description="Badge and progress line.")
    on_missing_asset: OnMissingAsset = Field(
        default=OnMissingAsset.PLACEHOLDER,
        description="What an absent file does; fail is the default under strict validation and quality high.",
    )

    supersede: Supersede = Field(
        default=Supersede.NONE,
        description="Which earlier jobs of the same project, chapter and language this one replaces when it is posted"
        " over HTTP: those that wait, or all, with running ones cancelled.",
    )
    compare_to: JobIdText | None = Field(
        default=None,
        description="Job of an earlier preview of the project, against which the report names what changed; absent: the"
        " approved preview of the chapter and language, else the last one.",
    )

    @model_validator(mode="before")
    @classmethod
    def _missing_asset_default(cls, value: Any) -> Any:
        if not isinstance(value, dict) or value.get("quality") != Quality.HIGH:
            return value
        if "onMissingAsset" in value or "on_missing_asset" in value:
            return value
        return {**value, "onMissingAsset": OnMissingAsset.FAIL}

    @property
    def width_px(self) -> int:
        """Width of the frame."""
        return _sides_px(self.resolution)[0]

    @property
    def height_px(self) -> int:
        """Height of the frame."""
        return _sides_px(self.resolution)[1]
