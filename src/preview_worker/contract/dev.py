"""What `preview-worker dev` tells its page: the state of the work, and the newest video."""

from enum import StrEnum

from pydantic import Field

from preview_worker.contract.fields import Wire
from preview_worker.contract.kinds import StepKind
from preview_worker.contract.warning import PreviewWarning


class DevPhase(StrEnum):
    """What the command is at."""

    VALIDATING = "validating"
    RENDERING = "rendering"
    READY = "ready"
    INVALID = "invalid"
    FAILED = "failed"


class DevFault(Wire):
    """One reason why a saved payload has no video."""

    message: str = Field(description="One sentence for people.")
    code: str = Field(description="Stable word for programs.")
    line: int | None = Field(default=None, ge=1, description="Line in the payload's file.")
    column: int | None = Field(default=None, ge=1, description="Column in that line, from 1.")
    hint: str | None = Field(default=None, description="What to do about it.")


class DevFrame(Wire):
    """The picture at rest of the step that was edited."""

    step_id: str = Field(description="The step.")
    title: str = Field(description="How the step is called for people.")
    url: str = Field(description="The picture.")
    width_px: int = Field(ge=1, description="Width in px.")
    height_px: int = Field(ge=1, description="Height in px.")


class DevState(Wire):
    """The state of the work on the newest save."""

    phase: DevPhase = Field(description="What the command is at.")
    save: int = Field(ge=1, description="Counts the saves, from 1.")
    file: str = Field(description="The payload's file name.")
    percent: float | None = Field(default=None, ge=0, le=100, description="Share of the render that is done.")
    eta_ms: int | None = Field(default=None, ge=0, description="Time the render still needs, as far as known.")
    took_ms: int | None = Field(default=None, ge=0, description="From the save to this state.")
    faults: tuple[DevFault, ...] = Field(default=(), description="Why there is no video of this save.")
    frame: DevFrame | None = Field(default=None, description="The edited step as it will look.")


class DevStep(Wire):
    """One step of the video."""

    id: str = Field(description="The step.")
    title: str = Field(description="How it is called for people.")
    kind: StepKind = Field(description="What it is.")
    start_ms: int = Field(ge=0, description="Its start in the video.")
    duration_ms: int = Field(ge=0, description="Its length.")
    line: int = Field(ge=1, description="Its line in the payload's file.")
    warning_count: int = Field(ge=0, description="Warnings about it.")


class DevVideo(Wire):
    """A finished video. Its files stand below its URL's folder, which no other video ever has."""

    url: str = Field(description="The video.")
    media_type: str = Field(description="Its media type.")
    poster_url: str = Field(description="Its poster.")
    captions_url: str = Field(description="Its captions (WebVTT).")
    title: str = Field(description="Title of the tutorial.")
    language: str = Field(description="Language of the words.")
    width_px: int = Field(ge=1, description="Width in px.")
    height_px: int = Field(ge=1, description="Height in px.")
    duration_ms: int = Field(ge=0, description="Length.")
    segments: int = Field(ge=0, description="Segments of the video.")
    segments_made: int = Field(ge=0, description="Of these, made for this save.")
    steps: tuple[DevStep, ...] = Field(default=(), description="The steps in order.")
    warnings: tuple[PreviewWarning, ...] = Field(default=(), description="What to look at.")


def frame_path(name: str) -> str:
    """Return where the page finds a picture."""
    return f"/frames/{name}"


def video_path(name: str, file: str) -> str:
    """Return where the page finds a file of a finished video."""
    return f"/videos/{name}/{file}"
