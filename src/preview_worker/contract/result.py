"""What a job says while it runs and when it ends: progress, return value, events, problems."""

from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import Field

from preview_worker.contract.container import PublishedFile
from preview_worker.contract.fields import Wire
from preview_worker.contract.warning import PreviewWarning

SCHEMA_VERSION: Final = 1
RESULT_WARNINGS_MAX = 200


class JobState(StrEnum):
    """The states of a job as our interfaces name them."""

    QUEUED = "queued"
    DELAYED = "delayed"
    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """What a running job is at, in this order."""

    ASSETS = "assets"
    PLAN = "plan"
    POSTER = "poster"
    RENDER = "render"
    AUDIO = "audio"
    JOIN = "join"
    CHECK = "check"
    PUBLISH = "publish"


class EventType(StrEnum):
    """What a stream of events may tell."""

    QUEUED = "queued"
    STARTED = "started"
    PROGRESS = "progress"
    POSTER = "poster"
    CONTACT_SHEET = "contact-sheet"
    SEGMENT = "segment"
    WARNING = "warning"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    GAP = "gap"


class Progress(Wire):
    """How far a job is: BullMQ's progress value."""

    schema_version: Literal[1] = Field(default=SCHEMA_VERSION, description="Version of this shape.")
    percent: float = Field(ge=0, le=100, description="Share of the whole job that is done; never falls in an attempt.")
    stage: Stage = Field(description="What the job is at.")
    frames_done: int = Field(default=0, ge=0, description="Frames finished, cached ones included.")
    frames_total: int = Field(default=0, ge=0, description="Frames of the video; 0 until it is planned.")
    eta_ms: int | None = Field(default=None, ge=0, description="Time left, null until it can be told.")
    step_id: str | None = Field(default=None, description="The step being rendered.")
    live: dict[str, str] = Field(
        default_factory=dict,
        description="Paths, at the API, of what can be looked at already: `poster`, `contactSheet`, `playlist` (HLS).",
    )


def live_path(job_id: str, name: str = "") -> str:
    """Path of a job's early file at the API, or of their folder."""
    return f"/api/preview/job/{job_id}/live/{name}"


class EditionResult(Wire):
    """The tutorial in another language, made in the same job."""

    language: str = Field(description="Its language.")
    artifact_path: str | None = Field(description="The video below DATA_DIR; null for a plan.")
    duration_ms: int = Field(ge=0, description="Length of the video.")
    warning_count: int = Field(default=0, ge=0, description="How many warnings its report holds.")


class JobResult(Wire):
    """BullMQ's return value of a completed job."""

    schema_version: Literal[1] = Field(default=SCHEMA_VERSION, description="Version of this shape.")
    status: Literal[JobState.COMPLETED] = Field(default=JobState.COMPLETED, description="Always completed.")
    dry_run: bool = Field(default=False, description="Whether only a plan was made.")
    job_id: str = Field(description="Name of the job.")
    digest: str = Field(description="SHA-256 of what was asked for.")
    artifact_path: str | None = Field(description="The video below DATA_DIR; null for a plan.")
    container_path: str = Field(description="container.json below DATA_DIR.")
    files: tuple[PublishedFile, ...] = Field(description="Every published file but container.json.")
    duration_ms: int = Field(ge=0, description="Length of the video.")
    warnings: tuple[PreviewWarning, ...] = Field(
        default=(), max_length=RESULT_WARNINGS_MAX, description="The first of the report's warnings."
    )
    warning_count: int = Field(default=0, ge=0, description="How many warnings the report holds.")
    variants: tuple[EditionResult, ...] = Field(default=(), description="The tutorial in its other languages.")
    cached: bool = Field(default=False, description="Whether every segment was already there.")


class ProblemError(Wire):
    """One fault of a request or payload."""

    pointer: str = Field(description='RFC 6901 JSON pointer into the body; "" is the whole.')
    code: str = Field(description="Stable word for programs.")
    message: str = Field(description="One sentence for people.")
    value: Any = Field(default=None, description="The offending value, shortened.")
    limit: str | int | float | None = Field(default=None, description="What is allowed.")
    hint: str | None = Field(default=None, description="What to do next.")


class Problem(Wire):
    """RFC 9457 problem details, our answer to every refused or failed request."""

    schema_version: Literal[1] = Field(default=SCHEMA_VERSION, description="Version of this shape.")
    type: str = Field(default="about:blank", description="URI of the kind of problem.")
    title: str = Field(description="The kind of problem in a few words.")
    status: int = Field(ge=400, le=599, description="The HTTP status.")
    detail: str = Field(description="One sentence about this occurrence.")
    code: str = Field(description="Stable word for programs.")
    request_id: str | None = Field(default=None, description="The X-Request-ID of the answer.")
    errors: tuple[ProblemError, ...] = Field(default=(), description="Every fault of the payload.")


class Failure(Wire):
    """Why a job failed."""

    code: str = Field(description="Stable word for programs.")
    message: str = Field(description="One sentence for people.")
    retryable: bool = Field(description="Whether the same job may succeed when run again.")
    pointer: str | None = Field(default=None, description="JSON pointer into the payload.")
    step_id: str | None = Field(default=None, description="The step at fault.")
    hint: str | None = Field(default=None, description="What to do next.")


class Event(Wire):
    """One line of a job's story; which members are filled depends on `type`."""

    schema_version: Literal[1] = Field(default=SCHEMA_VERSION, description="Version of this shape.")
    id: str = Field(description="Position in the stream, for resuming after it.")
    type: EventType = Field(description="What happened.")
    job_id: str = Field(description="Name of the job.")
    at_ms: int = Field(ge=0, description="When, in ms since the epoch.")
    generation: int = Field(default=1, ge=1, description="Which run of the job by hand: a retry adds one.")
    attempt: int | None = Field(default=None, ge=1, description="Which attempt, once one has started.")
    progress: Progress | None = Field(default=None, description="With progress.")
    url: str | None = Field(default=None, description="With poster, contact-sheet and segment: where it is.")
    warning: PreviewWarning | None = Field(default=None, description="With warning.")
    result: JobResult | None = Field(default=None, description="With completed.")
    failure: Failure | None = Field(default=None, description="With failed.")
    reason: str | None = Field(default=None, description="With cancelled.")
