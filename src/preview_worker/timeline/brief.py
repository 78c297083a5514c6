"""What every scene of one video is drawn from: the request, the media's facts, the frame and its rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from preview_worker.contract import Asset, PreviewRequest, Quality, Step, StepKind, Visual
from preview_worker.timeline.layout import Frame
from preview_worker.timeline.model import AssetFacts, MediaFacts, PictureFacts
from preview_worker.timeline.scene import Source
from preview_worker.timeline.voices import draft_voices, narration_id

PLACEHOLDER_SIZE_PX = (1280, 960)
NUMBERED_KINDS = frozenset({StepKind.SETUP_STEP, StepKind.TURN_FLOW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The request with what is known of its media.

    `assets` is by id; `numbered` are the ids of the steps that carry a number, in order; `drafts` are the ids of what
    a draft voice says, by step.
    """

    request: PreviewRequest
    facts: MediaFacts
    assets: Mapping[str, Asset]
    numbered: tuple[str, ...]
    drafts: Mapping[str, str]
    frame: Frame
    rate: Fraction

    def facts_of(self, asset_id: str | None) -> AssetFacts | None:
        """Facts of an asset, None when none is named."""
        return None if asset_id is None else self.facts.get(asset_id)

    def narration_id(self, step: Step) -> str | None:
        """Id of the sound that speaks a step; None where nothing does."""
        return narration_id(self.request, step, self.facts, self.drafts)

    def source_of(self, visual: Visual) -> Source:
        """Where a visual's pixels come from; for a missing one, the box that stands in for it."""
        key = facts_key(visual)
        facts = self.facts.get(key)
        if isinstance(facts, PictureFacts):
            return Source(
                asset_id=key,
                sha256=facts.sha256,
                label="",
                width_px=facts.width_px,
                height_px=facts.height_px,
                has_alpha=facts.has_alpha,
            )
        width_px, height_px = PLACEHOLDER_SIZE_PX
        name, label = placeholder_names(visual, self.assets)
        return Source(
            asset_id=name,
            sha256=None,
            label=label,
            width_px=width_px,
            height_px=height_px,
            has_alpha=False,
        )

    def first_picture(self) -> Source | None:
        """The first picture of the tutorial that is there."""
        for step in self.request.steps:
            found = self.picture_of(step)
            if found is not None:
                return found
        return None

    def picture_of(self, step: Step) -> Source | None:
        """The first picture of a step that is there and opaque."""
        for visual in step.visuals:
            source = self.source_of(visual)
            if source.sha256 is not None and not source.has_alpha:
                return source
        return None


def facts_key(visual: Visual) -> str:
    """Key of a visual in `MediaFacts`: its asset's id, or ``path:<path>``."""
    return visual.asset_id if visual.asset_id is not None else f"path:{visual.path}"


def placeholder_names(visual: Visual, assets: Mapping[str, Asset]) -> tuple[str, str]:
    """What is drawn where a picture is missing: its id or path, and its file's name, empty where it has none."""
    asset = assets.get(visual.asset_id or "")
    place = (asset.source if asset is not None else visual.path) or ""
    label = "" if place.startswith("data:") else place.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    return visual.asset_id or visual.path or "", label


def rate_of(request: PreviewRequest) -> Fraction:
    """Frames per second: the payload's, half of it for a draft."""
    rate = Fraction(request.options.fps)
    return rate / 2 if request.options.quality is Quality.DRAFT else rate


def brief_of(request: PreviewRequest, facts: MediaFacts) -> Brief:
    """Collect what scenes are drawn from."""
    options = request.options
    return Brief(
        request=request,
        facts=facts,
        assets={asset.id: asset for asset in request.assets},
        numbered=tuple(step.id for step in request.steps if step.kind in NUMBERED_KINDS),
        drafts=draft_voices(facts),
        frame=Frame(width_px=options.width_px, height_px=options.height_px, font_scale=options.theme.font_scale),
        rate=rate_of(request),
    )
