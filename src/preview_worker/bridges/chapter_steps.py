"""Chapters with steps, a bare list of steps, and assets apart that are matched to steps by id."""

from __future__ import annotations

from typing import Any

from preview_worker.bridges.callouts import callouts_of
from preview_worker.bridges.draft import Draft
from preview_worker.bridges.kinds import kind_of
from preview_worker.bridges.node import Node
from preview_worker.bridges.scenes import move_pictures, plain_pictures, recording_beside, scenes_of
from preview_worker.bridges.times import length_ms
from preview_worker.bridges.transitions import transition_of
from preview_worker.bridges.words import BODY_MAX, LINE_MAX

_PICTURES = ("assetIds", "imageAssetIds", "images", "imageUrls", "assetId", "image", "imageUrl")


def read_chapter_steps(draft: Draft, root: Node) -> None:
    """Carry chapters with steps, or steps alone, over into the draft."""
    single = root.node("chapter") if isinstance(root.members.get("chapter"), dict) else None
    chapters = [single] if single is not None else list(root.nodes("chapters"))
    if len(chapters) == 1:
        # The one chapter is the tutorial: its title is what the video is called.
        draft.chapter_id(chapters[0])
        draft.read_head(chapters[0])
    draft.read_head(root)
    draft.read_video(root)
    matches = _matches([root, *chapters])
    for chapter in [*chapters, *([root] if root.has("steps") else [])]:
        name = chapter.text("title", "name", limit=LINE_MAX) if chapter is not root else ""
        chapter.skip("id")
        for step in scenes_of(chapter, "steps"):
            draft.add(step, _step(draft, step, matches, name))
    for step_id, (holder, key) in matches.items():
        if draft.step_id(step_id) is None:
            holder.drop("is matched to a step that isn't there", key)


def _matches(holders: list[Node]) -> dict[str, tuple[Node, str]]:
    """Where assets are matched to a step, by the step's id as written: the object and its member."""
    found: dict[str, tuple[Node, str]] = {}
    for holder in holders:
        if isinstance(holder.members.get("assetMatches"), list):
            for entry in holder.nodes("assetMatches"):
                key = "assetIds" if entry.has("assetIds") else "assetId"
                found.setdefault(entry.name("stepId", "id"), (entry, key))
            continue
        table = holder.node("assetMatches")
        for step_id in table.members if table is not None else ():
            if table is not None and table.has(step_id):
                found.setdefault(step_id, (table, step_id))
    return found


def _step(draft: Draft, step: Node, matches: dict[str, tuple[Node, str]], chapter: str) -> dict[str, Any]:
    title = step.text("title", "heading", limit=LINE_MAX)
    text = step.text("text", "body", "description", limit=BODY_MAX)
    narration = step.text("narration", "narrationText", "spokenText", limit=BODY_MAX)
    written = step.name("id")
    visuals = plain_pictures(draft, *matches[written]) if written in matches else []
    if not visuals:
        visuals = plain_pictures(draft, step, *_PICTURES)
    duration_ms = length_ms(step)
    callouts = callouts_of(step, "callouts", duration_ms)
    move_pictures(step, visuals, callouts)
    return {
        "kind": kind_of(step, title).value,
        "title": title or None,
        "text": text or None,
        "narration": narration or None,
        "durationMs": duration_ms,
        "narrationAssetId": draft.narration_asset(step, "audioFile", "audio") or recording_beside(draft, step),
        "visuals": visuals,
        "callouts": callouts,
        "transition": transition_of(step, "transition"),
        "chapter": draft.new_chapter(chapter),
    }
