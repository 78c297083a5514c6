"""preview.json: what was made, how long each step is, what to look at, and how long it took."""

from typing import Any, Final, Literal

from pydantic import Field

from preview_worker.contract.changes import Changes, Fingerprints
from preview_worker.contract.container import Build
from preview_worker.contract.fields import Wire
from preview_worker.contract.kinds import Format, LoudnessProfile, Quality, StepKind
from preview_worker.contract.warning import PreviewWarning

REPORT_SCHEMA_VERSION: Final = 1


class StepTiming(Wire):
    """Where one step stands in the video."""

    id: str = Field(description="The step.")
    index: int = Field(ge=0, description="Its place in the whole tutorial, from 0.")
    kind: StepKind = Field(description="What it is.")
    title: str = Field(default="", description="Its heading.")
    start_ms: int = Field(ge=0, description="Its start in this video.")
    duration_ms: int = Field(ge=0, description="Its length.")
    start_frame: int = Field(ge=0, description="Its first frame.")
    frames: int = Field(ge=1, description="Its number of frames.")
    duration_source: Literal["payload", "narration", "estimate", "minimum"] = Field(
        description="What decided the length."
    )
    words: int = Field(default=0, ge=0, description="Words spoken.")
    narration_ms: int | None = Field(default=None, ge=0, description="Length of its speech, measured or estimated.")
    draft_voice: bool = Field(default=False, description="Whether a draft voice speaks it.")
    asset_ids: tuple[str, ...] = Field(default=(), description="Assets it shows or plays.")
    cached: bool | None = Field(default=None, description="Whether all its segments were already there.")
    warning_count: int = Field(default=0, ge=0, description="Warnings about it.")
    fingerprints: Fingerprints | None = Field(
        default=None, description="What it shows and lets hear, by which previews are compared."
    )


class Chapter(Wire):
    """One chapter of the video."""

    title: str = Field(description="Its name.")
    start_ms: int = Field(ge=0, description="Its start.")
    end_ms: int = Field(ge=0, description="Its end.")


class VideoFacts(Wire):
    """The video as planned or written."""

    format: Format = Field(description="Container.")
    quality: Quality = Field(description="Trade of speed against looks.")
    width_px: int = Field(validation_alias="width", serialization_alias="width", ge=1, description="Width in px.")
    height_px: int = Field(validation_alias="height", serialization_alias="height", ge=1, description="Height in px.")
    fps: float = Field(gt=0, description="Frames per second as written.")
    frames: int = Field(ge=0, description="Number of frames.")
    duration_ms: int = Field(ge=0, description="Length.")
    video_codec: str | None = Field(default=None, description="Such as h264.")
    audio_codec: str | None = Field(default=None, description="Such as aac.")
    size_bytes: int | None = Field(default=None, ge=0, description="Length of the file.")


class LoudnessFacts(Wire):
    """The sound as measured in the finished file."""

    profile: LoudnessProfile = Field(description="What the mix aims at.")
    integrated_lufs: float | None = Field(default=None, description="Integrated loudness; null for silence.")
    true_peak_dbtp: float | None = Field(default=None, description="True peak; null for silence.")
    gain_db: float | None = Field(default=None, description="Gain put on the programme.")


class CacheFacts(Wire):
    """What was already there."""

    segments: int = Field(ge=0, description="Segments of the video.")
    hits: int = Field(ge=0, description="Of these, found finished.")
    shared: int = Field(default=0, ge=0, description="Of these, made for another language of the job.")
    drawn_frames: int = Field(default=0, ge=0, description="Frames drawn and encoded for this video.")
    prepared_pictures: int = Field(default=0, ge=0, description="Pictures decoded and scaled for this video.")


class Estimate(Wire):
    """What a plan expects of a render."""

    p50_render_ms: int = Field(ge=0, description="Render time, met half of the time.")
    p90_render_ms: int = Field(ge=0, description="Render time, met nine times of ten.")
    p50_size_bytes: int = Field(ge=0, description="Size of the video, met half of the time.")
    p90_size_bytes: int = Field(ge=0, description="Size of the video, met nine times of ten.")


class HostFacts(Wire):
    """Where it was made; never part of any digest."""

    name: str = Field(default="", description="Host name.")
    system: str = Field(default="", description="Operating system and machine.")
    cores: int = Field(default=1, ge=1, description="Cores the process may use.")
    python: str = Field(default="", description="Python version.")
    threads: int = Field(default=1, ge=1, description="Encoder threads used.")


class Timings(Wire):
    """How long it took; never part of any digest."""

    started_at_ms: int = Field(ge=0, description="Start in ms since the epoch.")
    finished_at_ms: int = Field(ge=0, description="End in ms since the epoch.")
    total_ms: int = Field(ge=0, description="Wall time.")
    stages_ms: dict[str, int] = Field(default={}, description="Stage → wall time.")
    speed_ratio: float | None = Field(default=None, ge=0, description="Length of the video ÷ wall time.")


class EditionFacts(Wire):
    """The tutorial in another language, made in the same job."""

    language: str = Field(description="Its language.")
    folder: str = Field(description="Folder of its files, below the preview's.")
    duration_ms: int = Field(ge=0, description="Length of its video.")
    warning_count: int = Field(ge=0, description="Warnings in its report.")


class Report(Wire):
    """The report of a preview or plan."""

    schema_version: Literal[1] = Field(default=REPORT_SCHEMA_VERSION, description="Version of this shape.")
    kind: Literal["preview", "plan"] = Field(default="preview", description="What was made.")
    job_id: str = Field(description="Name of the job.")
    project_id: str = Field(description="Name of the project.")
    request_id: str = Field(description="The producer's name for the request.")
    chapter_id: str | None = Field(default=None, description="The producer's name for the chapter.")
    digest: str = Field(description="SHA-256 of what was asked for.")
    title: str = Field(default="", description="Title of the tutorial.")
    language: str = Field(default="en", description="Language of the words.")
    folder: str = Field(default="", description="Folder of its files below the preview's; empty: the preview's own.")
    variants: tuple[EditionFacts, ...] = Field(
        default=(), description="In the job's own language: the others, each with a report in its folder."
    )
    build: Build = Field(description="What made it.")
    video: VideoFacts = Field(description="The video.")
    steps: tuple[StepTiming, ...] = Field(default=(), description="The timing of every step.")
    chapters: tuple[Chapter, ...] = Field(default=(), description="The chapters.")
    part: bool = Field(default=False, description="Whether only a part of the tutorial is in it.")
    changes: Changes | None = Field(
        default=None, description="What changed since an earlier preview; null where there is none to compare with."
    )
    warnings: tuple[PreviewWarning, ...] = Field(default=(), description="What to look at.")
    loudness: LoudnessFacts | None = Field(default=None, description="The sound as measured.")
    draft_voice: str | None = Field(default=None, description="The draft voice that speaks steps; null for none.")
    cache: CacheFacts | None = Field(default=None, description="What was already there.")
    estimate: Estimate | None = Field(default=None, description="With a plan: what a render would cost.")
    timings: Timings | None = Field(default=None, description="How long it took.")
    host: HostFacts | None = Field(default=None, description="Where it was made.")
    metadata: Any = Field(default={}, description="The request's metadata, as sent.")
    step_metadata: dict[str, Any] = Field(default={}, description="Step id → its metadata, where it has any.")
