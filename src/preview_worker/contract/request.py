"""The tutorial to preview: its steps, assets, sound and options."""

from typing import Any

from pydantic import Field, model_validator

from preview_worker.contract.fields import (
    LabelIdText,
    LanguageTag,
    LineText,
    Metadata,
    ParagraphText,
    PlaceText,
    Sha256,
    Whole,
    Wire,
)
from preview_worker.contract.kinds import AssetType
from preview_worker.contract.normalise import normalised_request, source_of
from preview_worker.contract.options import Audio, Options
from preview_worker.contract.step import Step
from preview_worker.contract.variants import VARIANTS_MAX, Variant

VERSION = 1
STEPS_MAX = 500
ASSETS_MAX = 1000


class Asset(Wire):
    """A file the tutorial shows or plays. The first present of uri, path, fileName and previewUrl says where it is."""

    id: LabelIdText = Field(description="Unique name by which steps refer to it.")
    type: AssetType | None = Field(default=None, description="image or audio; the file's content decides.")
    uri: PlaceText | None = Field(
        default=None,
        description="Path below the project's assets, https address, or data of at most 2 MiB. `\\` reads as `/`.",
    )
    path: PlaceText | None = Field(default=None, description="Used without `uri`.")
    file_name: PlaceText | None = Field(default=None, description="Used without `uri` and `path`.")
    preview_url: PlaceText | None = Field(default=None, description="Used last, and only when https or data.")
    sha256: Sha256 | None = Field(default=None, description="Checked against the file when given.")
    alt: LineText = Field(default="", description="What the picture shows, for those who can't see it.")
    credit: LineText = Field(default="", description="Who made it.")
    license: LineText = Field(default="", description="Under which terms it is used.")
    dimensions: Any = Field(default=None, description="Ignored: the file is measured.")

    @property
    def source(self) -> str | None:
        """Where the file is, as written; None when the asset says nothing usable (drawn as missing)."""
        written = {"uri": self.uri, "path": self.path, "fileName": self.file_name, "previewUrl": self.preview_url}
        found = source_of(written)
        return None if found is None else found[1]


class PreviewRequest(Wire):
    """What to preview."""

    version: Whole = Field(default=VERSION, ge=1, description="Version of the payload; absent: 1.")
    title: LineText = Field(default="", description="Title of the tutorial, drawn when there are no steps.")
    description: ParagraphText = Field(default="", description="What it is about.")
    chapter_id: LabelIdText | None = Field(default=None, description="The producer's name for the chapter.")
    language: LanguageTag = Field(default="en", description="Language of the words (BCP 47): speed, line breaks.")
    steps: tuple[Step, ...] = Field(
        max_length=STEPS_MAX, description="The tutorial in order; none: a title card of 3 s."
    )
    assets: tuple[Asset, ...] = Field(max_length=ASSETS_MAX, description="Files that steps may show or play.")
    audio: Audio = Field(description="What is heard.")
    options: Options = Field(default=Options.model_construct(), description="How the video is written.")
    metadata: Metadata = Field(default={}, description="Any JSON up to 64 KiB, carried to the report.")
    variants: tuple[Variant, ...] = Field(
        default=(), max_length=VARIANTS_MAX, description="The tutorial's words in other languages, made in one job."
    )

    @model_validator(mode="before")
    @classmethod
    def _normalise(cls, value: Any) -> Any:
        return normalised_request(value) if isinstance(value, dict) else value

    def asset(self, asset_id: str) -> Asset | None:
        """Return the asset of that id, None when there is none."""
        return next((asset for asset in self.assets if asset.id == asset_id), None)

    def referenced_asset_ids(self) -> tuple[str, ...]:
        """Return the ids of assets that steps, variants or the music use, each once, in order of first use."""
        used: dict[str, None] = {}
        for step in self.steps:
            used.update((visual.asset_id, None) for visual in step.visuals if visual.asset_id is not None)
            used.update((asset_id, None) for asset_id in (step.narration_asset_id, step.narration_timings) if asset_id)
        for words in (words for variant in self.variants for words in variant.steps.values()):
            used.update(
                (asset_id, None) for asset_id in (words.narration_asset_id, words.narration_timings) if asset_id
            )
        if self.audio.music is not None:
            used[self.audio.music.asset_id] = None
        return tuple(used)
