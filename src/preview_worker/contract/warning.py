"""Warnings that travel with a result: what an operator should look at before he approves a preview."""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field

from preview_worker.contract.fields import Wire
from preview_worker.contract.finding import Code, Finding


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
    AUDIO_TRUNCATED = "audio-truncated"
    VIDEO_BLACK = "video-black"
    VIDEO_FROZEN = "video-frozen"
    LOUDNESS_OFF = "loudness-off"
    UNTRANSLATED = "untranslated"
    UNKNOWN_KEY = "unknown-key"
    NOT_RENDERED = "not-rendered"


MEANINGS: dict[WarningCode, str] = {
    WarningCode.ASSET_MISSING: "a file isn't there; a labelled box is drawn, or nothing is heard",
    WarningCode.ASSET_UNUSED: "an asset that no step uses",
    WarningCode.NARRATION_MISSING: "a step with words to speak and no recording of them",
    WarningCode.STEP_LENGTHENED: "a step asks for less time than its narration needs",
    WarningCode.PICTURE_UPSCALED: "a picture is enlarged so far that it looks soft",
    WarningCode.PICTURE_REUSED: "one picture is shown in many steps",
    WarningCode.TEXT_SHORTENED: "a text didn't fit its place and was cut",
    WarningCode.TEXT_SMALL: "a reading text had to be set small",
    WarningCode.TEXT_CLEANED: "control or direction-override characters were removed from a text",
    WarningCode.CONTRAST_LOW: "a text is hard to tell from what is behind it",
    WarningCode.CAPTION_FAST: "a caption must be read faster than most people can",
    WarningCode.CALLOUT_OFFSCREEN: "a callout's target isn't in sight",
    WarningCode.CALLOUT_OVERLAPS: "callouts cover one another",
    WarningCode.GLYPH_MISSING: "no font has some of a text's letters",
    WarningCode.TIMING_PAST_END: "something begins after its step's end and is left out",
    WarningCode.AUDIO_SILENT: "a sound in which nothing is to be heard",
    WarningCode.AUDIO_CLIPPED: "a sound was recorded too loud, or has to be turned down a lot",
    WarningCode.AUDIO_TRUNCATED: "a recording breaks off: it is shorter than its file says",
    WarningCode.VIDEO_BLACK: "a part of the video is black",
    WarningCode.VIDEO_FROZEN: "a picture that was to move stands still",
    WarningCode.LOUDNESS_OFF: "the sound misses the loudness of its profile",
    WarningCode.UNTRANSLATED: "a variant leaves words of a step in the request's own language",
    WarningCode.UNKNOWN_KEY: "a key the contract doesn't know",
    WarningCode.NOT_RENDERED: "something that was asked for isn't done",
}


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
        WarningCode.AUDIO_TRUNCATED,
        WarningCode.VIDEO_BLACK,
        WarningCode.VIDEO_FROZEN,
        WarningCode.UNTRANSLATED,
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


_OF_FINDINGS = {
    Code.UNKNOWN_KEY: (WarningCode.UNKNOWN_KEY, "Correct its name, or take it out: nothing reads it."),
    Code.TEXT_CLEANED: (WarningCode.TEXT_CLEANED, "Take these characters out of the text."),
    Code.REQUIRED: (WarningCode.ASSET_MISSING, "Give it a uri, or take it out of assets."),
    Code.UNTRANSLATED: (WarningCode.UNTRANSLATED, "Give these words in the variant."),
    Code.UNKNOWN_ASSET: (WarningCode.ASSET_MISSING, "Name an asset by its id, or a file that is there."),
}


def warning_of(finding: Finding, step_ids: Sequence[str]) -> PreviewWarning:
    """A finding of the validation that leaves the payload valid, as a warning of its preview.

    Args:
        finding: The finding, about a whole job.
        step_ids: Ids of the job's steps, in their order.
    """
    code, hint = _OF_FINDINGS.get(finding.code, (WarningCode.UNKNOWN_KEY, "Look at it in the payload."))
    place = finding.pointer.split("/")[1:]
    value = finding.value if isinstance(finding.value, str | int | float) else place[-1] if place else None
    return PreviewWarning(
        code=code,
        severity=severity_of(code),
        step_id=step_at(finding.pointer, step_ids),
        message=finding.message,
        value=value,
        limit=finding.limit,
        hint=finding.hint or hint,
    )


def step_at(pointer: str, step_ids: Sequence[str]) -> str | None:
    """Id of the step that a pointer into a job leads to or into; None where it leads elsewhere.

    Args:
        pointer: JSON pointer into a whole job.
        step_ids: Ids of the job's steps, in their order.
    """
    match pointer.split("/")[1:]:
        case ["previewRequest", "steps", index, *_] if index.isdecimal() and int(index) < len(step_ids):
            return step_ids[int(index)]
        case ["previewRequest", "variants", _, "steps", step_id, *_] if step_id in step_ids:
            return step_id
        case _:
            return None


def severity_of(code: WarningCode) -> WarningSeverity:
    """Return how much a warning of that code matters."""
    return WarningSeverity.ERROR_LIKE if code in _ERROR_LIKE else WarningSeverity.ADVICE
