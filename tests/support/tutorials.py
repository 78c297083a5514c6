"""Tutorials for tests of the timeline: short ways to write one and to look at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from preview_worker.contract import PreviewRequest, Step
from preview_worker.timeline.brief import Brief, brief_of
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.model import AssetFacts, MissingFacts, PictureFacts, SoundFacts, Timeline
from preview_worker.timeline.segments import LONGEST_BODY_FRAMES

ASSET_IDS = ("board", "card", "token", "lost")
FURNITURE_OFF = {"badge": "none", "progress": False}


def picture(name: str = "0", *, width_px: int = 1600, height_px: int = 1200, has_alpha: bool = False) -> PictureFacts:
    """Facts of a picture whose hash is made of one digit."""
    return PictureFacts(sha256=name * 64, width_px=width_px, height_px=height_px, has_alpha=has_alpha)


def sound(duration_ms: int) -> SoundFacts:
    """Facts of a narration of the given length."""
    tenths = -(-duration_ms // 100)
    return SoundFacts(
        sha256="f" * 64,
        duration_samples=duration_ms * 48,
        channels=1,
        peak=0.5,
        loudness_db10=(-200,) * tenths,
        peak_db10=(-60,) * tenths,
        seam_db10=(-220,) * min(tenths, 2),
        seam_peak_db10=(-60,) * min(tenths, 2),
    )


FACTS: Mapping[str, AssetFacts] = {
    "board": picture("1"),
    "card": picture("2", width_px=600, height_px=900),
    "token": picture("3", width_px=400, height_px=400, has_alpha=True),
    "lost": MissingFacts(reason="no such file"),
}


def tutorial(steps: Sequence[Mapping[str, Any]], *, assets: Sequence[str] = ASSET_IDS, **fields: Any) -> PreviewRequest:
    """A request of the given raw steps; `fields` are others of the previewRequest."""
    return PreviewRequest.model_validate(
        {"steps": steps, "assets": [{"id": name, "uri": f"{name}.png"} for name in assets], "audio": {}} | fields
    )


def brief(steps: Sequence[Mapping[str, Any]], *, facts: Mapping[str, AssetFacts] = FACTS, **fields: Any) -> Brief:
    """What the scenes of such a request are drawn from."""
    return brief_of(tutorial(steps, **fields), facts)


def step(**fields: Any) -> Step:
    """One step as it stands in a request, strings of `visuals` being asset ids."""
    return tutorial([{"id": "s", **fields}]).steps[0]


def plan(request: PreviewRequest, facts: Mapping[str, AssetFacts] = FACTS) -> Timeline:
    """The timeline of a request."""
    return build_timeline(request, facts, encoding="test", max_duration_ms=3_600_000)


def texts_on_screen(timeline: Timeline) -> list[str]:
    """Every text of every scene."""
    scenes = [clip.scene for clip in timeline.clips]
    stacked = [text.text for scene in scenes for stack in scene.stacks for text in stack.texts]
    return stacked + [text.text for scene in scenes for text in scene.texts]


def body_keys(timeline: Timeline) -> dict[str, list[str]]:
    """Keys of the segments behind the transition, by step."""
    keys: dict[str, list[str]] = {clip.step_id: [] for clip in timeline.clips}
    for segment in timeline.segments:
        if not segment.mixes:
            keys[timeline.clips[segment.clip_index].step_id].append(segment.key)
    return keys


def late_keys(timeline: Timeline) -> dict[str, list[str]]:
    """Keys of the segments from each step's 60th frame on, which its transition doesn't cut short, by step."""
    late: dict[str, list[str]] = {clip.step_id: [] for clip in timeline.clips}
    for segment in timeline.segments:
        if segment.local.start >= LONGEST_BODY_FRAMES:
            late[timeline.clips[segment.clip_index].step_id].append(segment.key)
    return late


def transition_keys(timeline: Timeline) -> dict[str, str]:
    """Key of each step's transition, by step."""
    mixed = (segment for segment in timeline.segments if segment.mixes)
    return {timeline.clips[segment.clip_index].step_id: segment.key for segment in mixed}
