"""Storyboards of contract 1.2: sections with spoken text, directions for the picture, and chosen assets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from preview_worker.bridges.callouts import callouts_of
from preview_worker.bridges.draft import Draft
from preview_worker.bridges.kinds import kind_of
from preview_worker.bridges.movement import move_in_words
from preview_worker.bridges.node import Node
from preview_worker.bridges.scenes import (
    COUNTED,
    EDITING,
    move_pictures,
    page_reference,
    plain_pictures,
    recording_beside,
    scenes_of,
)
from preview_worker.bridges.times import length_ms
from preview_worker.bridges.transitions import transition_of
from preview_worker.bridges.words import BODY_MAX, LINE_MAX, PARAGRAPH_MAX, cut
from preview_worker.contract.finding import Location
from preview_worker.contract.kinds import CalloutKind

DIRECTIONS_MAX = 20
_IN_WORDS = "is an instruction in words; it is kept in the step's metadata, and nothing of it is drawn"
_STATES = ("visualReviewState", "status", "reviewState", "timing", "coverageStatus", "primaryIntent", "visualStatus")


@dataclass(slots=True)
class _Directions:
    """What the directions of a scene come to."""

    on_screen: list[str] = field(default_factory=list)
    in_words: list[str] = field(default_factory=list)
    callouts: list[dict[str, Any]] = field(default_factory=list)
    components: list[tuple[str, Location]] = field(default_factory=list)
    motion: dict[str, Any] | None = None


def read_storyboard_sections(draft: Draft, root: Node) -> None:
    """Carry a storyboard of contract 1.2, or the sections of a script package, over into the draft."""
    draft.read_head(root)
    draft.read_video(root)
    for scene in scenes_of(root, "scenes", "sections"):
        draft.add(scene, _step(draft, scene), id_keys=("id", "sceneId", "sectionId"))


def _step(draft: Draft, scene: Node) -> dict[str, Any]:
    heading = scene.text("title", "sectionTitle", "heading", limit=LINE_MAX)
    narration = scene.text("spokenText", "narration", "narrationText", limit=BODY_MAX)
    duration_ms = length_ms(scene)
    scene.drop("is an estimate; the step's length is taken, or that of its words", "estimatedDurationMs")
    scene.drop(COUNTED, "wordCount")
    directions = _directions(scene, duration_ms)
    visuals = _visuals(draft, scene, directions)
    if directions.motion is not None and visuals:
        visuals[0]["motion"] = directions.motion
    move_pictures(scene, visuals, directions.callouts)
    metadata: dict[str, Any] = {"sectionId": name} if (name := scene.name("sectionId")) else {}
    if directions.in_words:
        metadata["directions"] = directions.in_words[:DIRECTIONS_MAX]
    scene.drop(EDITING, *_STATES)
    on_screen = cut("\n".join(directions.on_screen), BODY_MAX)
    return {
        "kind": kind_of(scene, heading).value,
        "title": heading or None,
        "text": None if on_screen == heading else on_screen or None,
        "narration": narration,
        "durationMs": duration_ms,
        "narrationAssetId": draft.narration_asset(scene, "audioFile", "narrationAudio")
        or recording_beside(draft, scene),
        "visuals": visuals,
        "callouts": directions.callouts,
        "transition": transition_of(scene, "transition"),
        "reference": page_reference(draft, scene, "sources")[0],
        "chapter": draft.new_chapter(heading),
        "metadata": metadata or None,
    }


def _directions(scene: Node, duration_ms: int | None) -> _Directions:
    found = _Directions()
    for entry, place in scene.entries("visualDirections"):
        if isinstance(entry, str):
            scene.ledger.changed(place, _IN_WORDS)
            found.in_words.append(cut(entry.strip(), PARAGRAPH_MAX))
        elif isinstance(entry, dict):
            _direction(found, scene.reading.open(entry, place), duration_ms)
        else:
            scene.ledger.dropped(place, "is no direction", entry)
    return found


def _direction(found: _Directions, node: Node, duration_ms: int | None) -> None:
    words = node.text("onScreenText", "on_screen_text", limit=BODY_MAX)
    if words and words not in found.on_screen:
        found.on_screen.append(words)
    camera = node.text("camera", limit=PARAGRAPH_MAX)
    move = move_in_words(camera)
    if move is not None and found.motion is None:
        found.motion = {"type": move.value}
        camera = ""
    for key, said in (("instruction", node.text("instruction", limit=PARAGRAPH_MAX)), ("camera", camera)):
        if said:
            node.ledger.changed(node.at(key), _IN_WORDS)
            found.in_words.append(said)
    found.callouts += callouts_of(node, "highlights", duration_ms, kind=CalloutKind.HIGHLIGHT)
    found.callouts += callouts_of(node, "arrows", duration_ms, kind=CalloutKind.ARROW)
    for entry, place in node.entries("componentRefs"):
        if isinstance(entry, str):
            found.components.append((entry.strip(), place))
        else:
            node.ledger.dropped(place, "names no component", entry)


def _visuals(draft: Draft, scene: Node, directions: _Directions) -> list[dict[str, Any]]:
    """Pictures by the first list that has any: the scene's own, then the plan's, then components that are assets."""
    visuals = plain_pictures(draft, scene, "imageAssetIds", "assetIds")
    plan = scene.node("visualPlan")
    if plan is not None:
        visuals = visuals or plain_pictures(draft, plan, "selectedAssetIds")
        visuals = visuals or plain_pictures(draft, plan, "assetAssignments")
        plan.skip(*(key for key, chosen in plan.members.items() if chosen == scene.members.get("imageAssetIds")))
        plan.drop("isn't needed: the scene's own pictures are taken", "selectedAssetIds", "assetAssignments")
        plan.drop(EDITING, *plan.members)
    for reference, place in directions.components:
        if draft.assets.knows(reference) and not visuals:
            asset_id = draft.assets.of(reference, place)
            visuals = [{"assetId": asset_id}] if asset_id is not None else []
        elif all(visual["assetId"] != reference for visual in visuals):
            scene.ledger.dropped(place, "names a component; the scene shows the pictures chosen for it", reference)
    return visuals
