"""Slide lists: sections with narration, pictures, a recording and a length in frames."""

from __future__ import annotations

from typing import Any

from preview_worker.bridges.draft import Draft
from preview_worker.bridges.kinds import kind_of
from preview_worker.bridges.node import Node
from preview_worker.bridges.scenes import move_pictures, plain_pictures, recording_beside, scenes_of
from preview_worker.bridges.times import length_ms
from preview_worker.bridges.transitions import transition_of
from preview_worker.bridges.words import BODY_MAX, LINE_MAX

SLIDE_FPS = 30.0
"""Frames per second in which the lengths of slides are counted where the list doesn't say."""


def read_slide_list(draft: Draft, root: Node) -> None:
    """Carry a list of slides over into the draft."""
    draft.read_head(root)
    draft.read_video(root)
    fps = root.number("fps", "frameRate")
    for slide in scenes_of(root, "slides"):
        draft.add(slide, _step(draft, slide, fps if fps is not None and fps >= 1 else SLIDE_FPS))


def _step(draft: Draft, slide: Node, fps: float) -> dict[str, Any]:
    heading = slide.text("sectionTitle", "title", "heading", limit=LINE_MAX)
    draft.accent(slide, "themeBorderColor", "borderColor")
    draft.music(slide, ("backgroundMusicFile", "musicFile"))
    visuals = plain_pictures(draft, slide, "imageUrls", "images", "imageUrl")
    move_pictures(slide, visuals, [])
    return {
        "kind": kind_of(slide, heading).value,
        "title": heading or None,
        "text": slide.text("onScreenText", "text", "body", limit=BODY_MAX) or None,
        "narration": slide.text("narrationText", "narration", limit=BODY_MAX),
        "durationMs": length_ms(slide, frame_rate=fps),
        "narrationAssetId": draft.narration_asset(slide, "audioFile", "audio") or recording_beside(draft, slide),
        "visuals": visuals,
        "transition": transition_of(slide, "transition"),
        "chapter": draft.new_chapter(heading),
    }
