"""Fingerprints: what decides each aspect of a step, so that two previews can be compared without their payloads.

They are made of what the author wrote and of the content of his files, never of names of assets, places in the video,
or the size and rate of frames: a draft and a final preview of the same tutorial don't differ.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from preview_worker.contract import PreviewRequest, Step, Visual, spoken
from preview_worker.contract.changes import Fingerprints
from preview_worker.timeline.brief import facts_key, placeholder_names
from preview_worker.timeline.duration import TITLE_CARD_MS, time_step
from preview_worker.timeline.model import AssetFacts, MediaFacts, MissingFacts
from preview_worker.timeline.pictures import visual_index_of
from preview_worker.timeline.shown_words import shown_words
from preview_worker.timeline.voices import draft_voices, narration_id

FINGERPRINT_DIGITS = 16
"""64 bits: two of the thousands of a tutorial's values are equal by chance once in 10^13 tutorials."""
_MILLISECONDS = Fraction(1000)
"""Steps are timed by this rate, whatever the video's."""


def fingerprints(request: PreviewRequest, facts: MediaFacts) -> Mapping[str, Fingerprints]:
    """Fingerprints of every step, by its id.

    Args:
        request: The tutorial.
        facts: What is known of its assets, draft voices included.
    """
    drafts = draft_voices(facts)
    shared = _Shared(request, facts)
    return {step.id: shared.of(step, narration_id(request, step, facts, drafts)) for step in request.steps}


def title_card_fingerprints(request: PreviewRequest, facts: MediaFacts) -> Fingerprints:
    """Fingerprints of the card that stands for a tutorial without steps."""
    shared = _Shared(request, facts)
    return Fingerprints(
        text=_short([request.title, request.description]),
        picture=_short(shared.looks),
        motion=_short([]),
        sound=_short([None, shared.music]),
        timing=_short([TITLE_CARD_MS]),
    )


class _Shared:
    """What all steps of one tutorial have in common."""

    def __init__(self, request: PreviewRequest, facts: MediaFacts) -> None:
        options, audio = request.options, request.audio
        self._request = request
        self._assets = {asset.id: asset for asset in request.assets}
        self._facts = facts
        self.looks = [
            options.theme.model_dump(mode="json"),
            options.furniture.model_dump(mode="json"),
            options.watermark,
            options.include_captions,
            str(Fraction(options.width_px, options.height_px)),
        ]
        music = audio.music
        self.music = (
            [audio.profile.value, None]
            if music is None
            else [audio.profile.value, self._content(music.asset_id), music.gain_db, music.duck_db]
        )

    def of(self, step: Step, said: str | None) -> Fingerprints:
        """The fingerprints of a step that the sound of this id speaks."""
        return Fingerprints(
            text=_short(self._text(step)),
            picture=_short(self._picture(step)),
            motion=_short(_motion(step)),
            sound=_short([self._content(said), self.music]),
            timing=_short(self._timing(step, self._facts.get(said or ""))),
        )

    def _text(self, step: Step) -> list[Any]:
        """What is painted, and what is said and names a chapter."""
        words = shown_words(step, self._request, self._assets)
        painted = [words.title, words.text, words.reference, words.callouts, sorted(words.picture_captions.items())]
        return [painted, step.chapter, spoken(step)]

    def _picture(self, step: Step) -> list[Any]:
        visuals = [
            [
                self._content_of_visual(visual),
                visual.fit,
                _json(visual.placement),
                visual.layer,
                visual.opacity,
            ]
            for visual in step.visuals
        ]
        callouts = [
            [
                callout.kind,
                _json(callout.target),
                callout.frame,
                _json(callout.placement),
                visual_index_of(step, callout),
            ]
            for callout in step.callouts
        ]
        return [step.kind, step.layout, step.badge, step.background, visuals, callouts, self.looks]

    def _timing(self, step: Step, sound: AssetFacts | None) -> list[Any]:
        timed = time_step(step, sound, language=self._request.language, rate=_MILLISECONDS)
        visuals = [[visual.start_ms, visual.end_ms] for visual in step.visuals]
        callouts = [[callout.start_ms, callout.end_ms, callout.at, callout.until] for callout in step.callouts]
        return [timed.frames, visuals, callouts, self._content(step.narration_timings)]

    def _content_of_visual(self, visual: Visual) -> str | list[str] | None:
        """What a picture's file holds; where it isn't there, what is drawn instead."""
        key = facts_key(visual)
        if isinstance(self._facts.get(key), MissingFacts):
            return ["missing", *placeholder_names(visual, self._assets)]
        return self._content(key)

    def _content(self, asset_id: str | None) -> str | None:
        """What an asset's file holds; a file that isn't there is known by the asset's name."""
        facts = self._facts.get(asset_id) if asset_id is not None else None
        if facts is None:
            return None
        return f"missing:{asset_id}" if isinstance(facts, MissingFacts) else facts.sha256


def _motion(step: Step) -> list[Any]:
    visuals = [[visual.enter, _json(visual.motion)] for visual in step.visuals]
    return [visuals, [callout.pulse for callout in step.callouts], _json(step.transition)]


def _json(model: Any) -> Any:
    return model.model_dump(mode="json") if model is not None else None


def _short(content: list[Any]) -> str:
    text = json.dumps(content, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_DIGITS]
