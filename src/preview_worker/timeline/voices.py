"""Who speaks a step: its recording, or a draft voice's, which is known by an id of its own among the assets."""

from __future__ import annotations

from collections.abc import Mapping

from preview_worker.contract import NarrationMode, PreviewRequest, Step
from preview_worker.timeline.model import MediaFacts, SoundFacts

PREFIX = "voice"
"""No asset of a payload has a colon in its id."""


def draft_voice_id(voice: str, step_id: str) -> str:
    """The id of what a draft voice says in a step."""
    return f"{PREFIX}:{voice}:{step_id}"


def file_in_words(asset_id: str) -> str:
    """The file of an asset as a sentence begins with it."""
    if is_draft_voice(asset_id):
        return f"What the draft voice said in step {asset_id.split(':', 2)[2]}"
    return f"The file of asset {asset_id.removeprefix('path:')}"


def is_draft_voice(asset_id: str) -> bool:
    """Whether an id is of what a draft voice says."""
    return asset_id.startswith(f"{PREFIX}:")


def draft_voices(facts: MediaFacts) -> Mapping[str, str]:
    """Id of the draft recording of each step that has one, by step."""
    parts = {asset_id: asset_id.split(":", 2) for asset_id in facts if is_draft_voice(asset_id)}
    return {step_id: asset_id for asset_id, (_, _, step_id) in parts.items()}


def draft_voice_name(facts: MediaFacts) -> str | None:
    """The voice that speaks steps of this tutorial; None if none does."""
    return next((asset_id.split(":", 2)[1] for asset_id in draft_voices(facts).values()), None)


def narration_id(request: PreviewRequest, step: Step, facts: MediaFacts, drafts: Mapping[str, str]) -> str | None:
    """Id of the sound that speaks a step; None where nothing does."""
    mode, recorded = request.audio.narration, step.narration_asset_id
    if mode is NarrationMode.SILENT:
        return None
    draft = drafts.get(step.id)
    if mode is NarrationMode.TTS or (draft is not None and not isinstance(facts.get(recorded or ""), SoundFacts)):
        return draft
    return recorded
