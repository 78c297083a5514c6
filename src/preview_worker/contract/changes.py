"""What differs between two previews of the same tutorial, step by step."""

from enum import StrEnum
from typing import Final, Literal

from pydantic import Field

from preview_worker.contract.fields import Wire

NOTE_MAX: Final = 2000
"""Longest note of an approval, in characters."""
NAME_MAX: Final = 200
"""Longest name of who approved, in characters."""


class Aspect(StrEnum):
    """What of a step an author may have changed."""

    TEXT = "text"
    PICTURE = "picture"
    MOTION = "motion"
    SOUND = "sound"
    TIMING = "timing"


class Basis(StrEnum):
    """Why a preview is compared with this earlier one."""

    COMPARE_TO = "compareTo"
    APPROVED = "approved"
    LAST = "last"


class Fingerprints(Wire):
    """What a step shows and lets hear, an aspect each: equal where nothing of it changed, wherever the step stands."""

    text: str = Field(description="Its words, read or spoken.")
    picture: str = Field(description="What is shown, and where on the frame.")
    motion: str = Field(description="How the camera moves, and how pictures and the step itself come.")
    sound: str = Field(description="What is heard.")
    timing: str = Field(description="How long it is, and when within it things come and go.")


class StepChange(Wire):
    """One step that isn't what it was."""

    id: str = Field(description="The step.")
    title: str = Field(default="", description="Its heading; of a removed step the one it had.")
    change: Literal["new", "changed", "moved", "removed"] = Field(
        description="What happened to it; `changed` where it moved as well."
    )
    aspects: tuple[Aspect, ...] = Field(default=(), description="With `changed`: in what.")
    moved: bool = Field(default=False, description="Whether it stands elsewhere among the others.")
    from_index: int | None = Field(
        default=None,
        ge=0,
        validation_alias="from",
        serialization_alias="from",
        description="Its place in the earlier preview, from 0; null for a new one.",
    )
    to_index: int | None = Field(
        default=None,
        ge=0,
        validation_alias="to",
        serialization_alias="to",
        description="Its place in this one, from 0; null for a removed one.",
    )


class Changes(Wire):
    """What changed since an earlier preview."""

    against: str = Field(description="Job of the earlier preview.")
    basis: Basis = Field(description="Why it is this one: asked for, approved, or the last one.")
    steps: tuple[StepChange, ...] = Field(
        default=(), description="Steps that changed, in the order of the video, then those removed; empty: none."
    )


class Approval(Wire):
    """That somebody found a preview good."""

    job_id: str = Field(description="The preview.")
    approved_at_ms: int = Field(ge=0, description="When, in ms since the epoch.")
    by: str | None = Field(default=None, max_length=NAME_MAX, description="Who.")
    note: str | None = Field(default=None, max_length=NOTE_MAX, description="What was said about it.")
