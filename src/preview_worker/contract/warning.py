"""Warnings that travel with a result: what an operator should look at before he approves a preview."""

from enum import StrEnum

from pydantic import Field

from preview_worker.contract.fields import Wire


class WarningCode(StrEnum):
    """The closed list of what a preview may be warned about."""

    ASSET_MISSING = "asset-missing"
    ASSET_UNUSED = "asset-unused"
    NARRATION_MISSING = "narration-missing"
    STEP_LENGTHENED = "step-lengthened"
    PICTURE_UPSCALED = "picture-upscaled"
    PICTURE_REUSED = "picture-reused"
    TEXT_SHORTENED = "text-shortened"
    TEXT_SMALL = "text-small"
    TEXT_CLEANED = "text-cleaned"
    CONTRAST_LOW = "contrast-low"
    CAPTION_FAST = "caption-fast"
    CALLOUT_OFFSCREEN = "callout-offscreen"
    CALLOUT_OVERLAPS = "callout-overlaps"
    GLYPH_MISSING = "glyph-missing"
    TIMING_PAST_END = "timing-past-end"
    AUDIO_SILENT = "audio-silent"
    AUDIO_CLIPPED = "audio-clipped"
    VIDEO_BLACK = "video-black"
    VIDEO_FROZEN = "video-frozen"
    LOUDNESS_OFF = "loudness-off"
    UNKNOWN_KEY = "unknown-key"
    NOT_RENDERED = "not-rendered"


class WarningSeverity(StrEnum):
    """error-like: the preview lacks something that was asked for; advice: it could be better."""

    ERROR_LIKE = "error-like"
    ADVICE = "advice"


_ERROR_LIKE = frozenset(
    {
        WarningCode.ASSET_MISSING,
        WarningCode.NARRATION_MISSING,
        WarningCode.TEXT_SHORTENED,
        WarningCode.CALLOUT_OFFSCREEN,
        WarningCode.GLYPH_MISSING,
        WarningCode.AUDIO_SILENT,
        WarningCode.AUDIO_CLIPPED,
        WarningCode.VIDEO_BLACK,
        WarningCode.VIDEO_FROZEN,
        WarningCode.NOT_RENDERED,
    }
)


class PreviewWarning(Wire):
    """One thing to look at."""

    code: WarningCode = Field(description="Stable word for programs.")
    severity: WarningSeverity = Field(description="How much it matters.")
    step_id: str | None = Field(default=None, description="The step it is about; null: the whole video.")
    at_ms: int | None = Field(default=None, ge=0, description="Where in the video.")
    message: str = Field(description="One sentence for people.")
    value: str | int | float | None = Field(default=None, description="What was measured or written.")
    limit: str | int | float | None = Field(default=None, description="What is allowed.")
    hint: str | None = Field(default=None, description="What to do about it.")


def severity_of(code: WarningCode) -> WarningSeverity:
    """Return how much a warning of that code matters."""
    return WarningSeverity.ERROR_LIKE if code in _ERROR_LIKE else WarningSeverity.ADVICE
