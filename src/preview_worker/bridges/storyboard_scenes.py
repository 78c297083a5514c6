"""Storyboards of contract 1.0 and 1.1: scenes with placed visuals and overlays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from preview_worker.bridges.callouts import callouts_of, note
from preview_worker.bridges.draft import Draft
from preview_worker.bridges.kinds import kind_of
from preview_worker.bridges.movement import pulse_or_drop
from preview_worker.bridges.node import Node
from preview_worker.bridges.regions import RECTANGLE_KEYS, rectangle
from preview_worker.bridges.scenes import move_pictures, picture, plain_pictures, recording_beside, scenes_of
from preview_worker.bridges.times import length_ms, span_ms
from preview_worker.bridges.transitions import transition_of
from preview_worker.bridges.words import BODY_MAX, LINE_MAX, cut
from preview_worker.contract.finding import Location
from preview_worker.contract.kinds import SILENT_KINDS, Layout, StepKind

_WHOLE_START_MS = 500
_PLACED = "is left to the layout, which places the step's words"
_TIMED = "isn't kept: the step's own words stay from its start to its end"
_LOOKS = ("style", "fontColor", "color", "fontSize", "align", "type")


@dataclass(slots=True)
class _Words:
    """Where the overlays of a scene go."""

    title: str
    text: list[str] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def read_storyboard_scenes(draft: Draft, root: Node) -> None:
    """Carry a storyboard of contract 1.0 or 1.1 over into the draft."""
    draft.read_head(root)
    draft.read_video(root)
    for scene in scenes_of(root, "scenes"):
        draft.add(scene, _step(draft, scene))


def _step(draft: Draft, scene: Node) -> dict[str, Any]:
    heading = scene.text("title", "heading", limit=LINE_MAX)
    narration = scene.text("narration", "narrationText", "spokenText", limit=BODY_MAX)
    kind = kind_of(scene, heading)
    duration_ms = length_ms(scene)
    visuals, pulses = _visuals(draft, scene, duration_ms)
    callouts = callouts_of(scene, "callouts", duration_ms)
    pulse_or_drop(scene, pulses, callouts)
    move_pictures(scene, visuals, callouts)
    words = _Words(title=heading, text=[line] if (line := scene.text("text", "body", limit=BODY_MAX)) else [])
    is_placed = any("placement" in visual for visual in visuals)
    for overlay in scene.nodes("overlays"):
        _overlay(words, overlay, kind, duration_ms, is_placed=is_placed)
    metadata = {key: name for key in ("segmentId", "sourceId") if (name := scene.name(key))}
    if not narration and words.notes and kind not in SILENT_KINDS:
        # Without it the words of the notes would be in no caption: a step speaks its own text alone.
        narration = cut("\n".join([*words.text, *words.said]), BODY_MAX)
    return {
        "kind": kind.value,
        "title": words.title or None,
        "text": cut("\n".join(words.text), BODY_MAX) or None,
        "narration": narration or None,
        "durationMs": duration_ms,
        "narrationAssetId": draft.narration_asset(scene, "audio", "audioFile") or recording_beside(draft, scene),
        "visuals": visuals,
        "callouts": callouts + words.notes,
        # Notes stand where the storyboard put them, which may be the badge's place; it knows no badge.
        "badge": False if words.notes else None,
        "layout": _layout(visuals, kind, has_text=bool(words.text)),
        "transition": transition_of(scene, "transition"),
        "metadata": metadata or None,
    }


def _visuals(draft: Draft, scene: Node, duration_ms: int | None) -> tuple[list[dict[str, Any]], list[Location]]:
    visuals, pulses = [], []
    for node in scene.nodes("visuals"):
        found = picture(draft, node, duration_ms)
        if found is not None:
            visuals.append(found[0])
            pulses += found[1].pulses
    # Contract 1.0 names a scene's pictures by `assets`.
    return visuals + plain_pictures(draft, scene, "assets"), pulses


def _overlay(words: _Words, overlay: Node, kind: StepKind, duration_ms: int | None, *, is_placed: bool) -> None:
    text = overlay.text("text", "label", "title", limit=BODY_MAX)
    overlay.skip("id")
    overlay.drop("isn't kept: the theme decides how words look", *_LOOKS)
    holder = overlay.node("placement") if isinstance(overlay.members.get("placement"), dict) else None
    span = span_ms(overlay, duration_ms) if text else None
    if not text or span is None:
        overlay.skip("startSec", "endSec", "startMs", "endMs")
        if holder is not None:
            holder.skip(*RECTANGLE_KEYS)
        return
    is_whole = span.get("startMs", 0) <= _WHOLE_START_MS and "endMs" not in span
    if is_whole and kind in SILENT_KINDS and not words.title and len(text) <= LINE_MAX:
        words.title = text
    elif is_whole and not words.text and not is_placed:
        words.text.append(text)
    elif (rect := rectangle(holder) if holder is not None and len(text) <= LINE_MAX else None) is not None:
        words.notes.append(note(text, rect, span, overlay.place, overlay))
        words.said.append(text)
        return
    else:
        words.text.append(text)
        if not is_whole:
            overlay.ledger.changed(overlay.place, _TIMED)
    if holder is not None:
        holder.skip(*RECTANGLE_KEYS)
        overlay.ledger.changed(holder.place, _PLACED)


def _layout(visuals: list[dict[str, Any]], kind: StepKind, *, has_text: bool) -> str | None:
    """A picture over the whole frame stays so beside words; the automatic layout would make it half of the frame."""
    is_alone = len(visuals) == 1 and "placement" not in visuals[0]
    return Layout.FULL.value if is_alone and has_text and kind not in SILENT_KINDS else None
