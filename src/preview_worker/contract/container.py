"""container.json: every file of a preview with its SHA-256, so that a copy can be checked."""

from typing import Final, Literal

from pydantic import Field

from preview_worker.contract.fields import Wire

CONTAINER_SCHEMA_VERSION: Final = 1
_SHA256_PATTERN = "^[0-9a-f]{64}$"


class PublishedFile(Wire):
    """One file of a preview."""

    path: str = Field(description="Name below the preview's folder.")
    media_type: str = Field(description="Media type, such as video/mp4.")
    size_bytes: int = Field(validation_alias="size", serialization_alias="size", ge=0, description="Length in bytes.")
    sha256: str = Field(pattern=_SHA256_PATTERN, description="SHA-256 of the bytes.")
    width_px: int | None = Field(
        default=None,
        validation_alias="width",
        serialization_alias="width",
        ge=1,
        description="Width of a picture or video in px.",
    )
    height_px: int | None = Field(
        default=None,
        validation_alias="height",
        serialization_alias="height",
        ge=1,
        description="Height of a picture or video in px.",
    )
    duration_ms: int | None = Field(default=None, ge=0, description="Length of a video.")


class Build(Wire):
    """What made the files: the same build and inputs give the same bytes."""

    version: str = Field(description="Version of the preview worker.")
    libraries: dict[str, str] = Field(default={}, description="Name → version of what decides bytes.")


class Container(Wire):
    """The manifest of one preview or plan."""

    schema_version: Literal[1] = Field(default=CONTAINER_SCHEMA_VERSION, description="Version of this shape.")
    kind: Literal["preview", "plan"] = Field(default="preview", description="What was published.")
    job_id: str = Field(description="Name of the job.")
    project_id: str = Field(description="Name of the project.")
    digest: str = Field(pattern=_SHA256_PATTERN, description="SHA-256 of what was asked for.")
    payload_digest: str | None = Field(
        default=None, pattern=_SHA256_PATTERN, description="SHA-256 of what was asked for, the assets' bytes aside."
    )
    build: Build = Field(description="What made the files.")
    files: tuple[PublishedFile, ...] = Field(description="Every other file of the folder, by path.")
