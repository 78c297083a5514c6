"""Renderer configurations: scenes with a background, overlays by role, sound, layout, motion and callouts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from preview_worker.bridges.callouts import callouts_of
from preview_worker.bridges.draft import Draft
from preview_worker.bridges.kinds import kind_of
from preview_worker.bridges.looks import colour
from preview_worker.bridges.node import Node
from preview_worker.bridges.regions import point
from preview_worker.bridges.scenes import EDITING, move_pictures, recording_beside, scenes_of
from preview_worker.bridges.times import length_ms
from preview_worker.bridges.transitions import transition_of
from preview_worker.bridges.words import BODY_MAX, LINE_MAX, cut
from preview_worker.contract.kinds import SILENT_KINDS, Layout, StepKind

_TITLES = frozenset({"title", "heading", "headline"})
_BODIES = frozenset({"body", "text", "kicker", "subtitle", "caption", "list", "bullet", "bullets"})
_BADGE = "is left out: the badge counts the steps by itself"
_LOOK = "isn't kept: layout and theme place and colour the words"
_LAYOUT = "isn't kept: a layout has widths and looks of its own"
_SPLIT = frozenset({"split-teaching", "split_teaching", "split", "teaching"})
_MUSIC_FILES = ("ambientFile", "musicFile", "backgroundMusicFile")


@dataclass(slots=True)
class _Words:
    title: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    reference: list[str] = field(default_factory=list)


def read_renderer_configuration(draft: Draft, root: Node) -> None:
    """Carry a renderer configuration over into the draft."""
    draft.read_head(root)
    video = root.node("video") if isinstance(root.members.get("video"), dict) else None
    draft.read_video(video or root)
    root.drop(EDITING, "provenance", "chapters")
    for scene in scenes_of(root, "scenes"):
        draft.add(scene, _step(draft, scene))


def _step(draft: Draft, scene: Node) -> dict[str, Any]:
    words = _overlays(scene)
    section = scene.text("chapterTitle", "sectionTitle", limit=LINE_MAX)
    own = scene.text("title", "heading", limit=LINE_MAX)
    title = cut(" – ".join(words.title), LINE_MAX) or own or section
    kind = kind_of(scene, section or title)
    duration_ms = length_ms(scene)
    callouts = callouts_of(scene, "callouts", duration_ms)
    background, visuals = _background(draft, scene)
    layout, focus = _layout(scene, kind, has_picture=bool(visuals))
    move_pictures(scene, visuals, callouts, focus=focus)
    return {
        "kind": kind.value,
        "title": title or None,
        "text": cut("\n".join(words.body), BODY_MAX) or None,
        "narration": scene.text("narrationText", "narration", "spokenText", limit=BODY_MAX),
        "durationMs": duration_ms,
        "narrationAssetId": _sound(draft, scene) or recording_beside(draft, scene),
        "visuals": visuals,
        "callouts": callouts,
        "transition": transition_of(scene, "transition"),
        "layout": layout,
        "reference": cut(" – ".join(words.reference), LINE_MAX) or None,
        "chapter": draft.new_chapter(section),
        "background": background,
    }


def _overlays(scene: Node) -> _Words:
    words = _Words()
    for overlay in scene.nodes("overlays"):
        role = overlay.name("type", "role").lower()
        text = overlay.text("text", "label", limit=BODY_MAX)
        overlay.skip("id")
        overlay.drop(_LOOK, "position", "fontColor", "fontSize", "color", "align", "placement", "style")
        if not text:
            continue
        if role in _TITLES:
            words.title.append(text.replace("\n", " "))
        elif role == "reference":
            words.reference.append(text.replace("\n", " "))
        elif role == "badge":
            overlay.ledger.dropped(overlay.at("text"), _BADGE, text)
        else:
            words.body.append(text)
            if role not in _BODIES:
                overlay.ledger.changed(overlay.place, "has no known role; it is part of the step's text", role or None)
    return words


def _background(draft: Draft, scene: Node) -> tuple[str | None, list[dict[str, Any]]]:
    """Colour behind the step, and its picture."""
    written = scene.members.get("background")
    if isinstance(written, str) and written.strip():
        if written.strip().startswith(("#", "rgb")):
            return colour(scene, "background"), []
        scene.skip("background")
        asset_id = draft.assets.of(written, scene.at("background"))
        return None, [] if asset_id is None else [{"assetId": asset_id}]
    holder = scene.node("background")
    if holder is None:
        return None, []
    holder.skip("kind", "type")
    behind = colour(holder, "color", "colour")
    if not holder.has("image", "path", "file", "src", "url", "assetId"):
        return behind, []
    asset_id = draft.assets.of_node(holder)
    return behind, [] if asset_id is None else [{"assetId": asset_id}]


def _sound(draft: Draft, scene: Node) -> str | None:
    if not isinstance(scene.members.get("audio"), dict):
        return draft.narration_asset(scene, "audio", "audioFile")
    audio = scene.node("audio")
    if audio is None:
        return None
    draft.music(audio, _MUSIC_FILES, ("ambientGain", "musicVolume", "volume"))
    audio.drop("isn't kept: the mix fades and levels sound by itself", "ambientFadeOutSec", "preMastered", "fadeOutSec")
    audio.skip("speechRequired")
    audio.drop("isn't needed: the recording itself is measured", "durationSec", "durationMs")
    return draft.narration_asset(audio, "file", "path", "filePath", "src")


def _layout(scene: Node, kind: StepKind, *, has_picture: bool) -> tuple[str | None, dict[str, float] | None]:
    """Layout of the step, and the point of the picture that is in focus."""
    holder = scene.node("layout") if isinstance(scene.members.get("layout"), dict) else None
    focus = _focus(holder) if holder is not None else None
    mode = holder.name("mode", "type") if holder is not None else scene.name("layout")
    side = ""
    if holder is not None:
        side = holder.name("imageSide").lower() or {"left": "right", "right": "left"}.get(holder.name("textSide"), "")
        holder.skip("textSide", "imageSide")
        holder.drop("isn't kept: what is done already isn't drawn", "completedSteps")
        holder.drop(_LAYOUT, *(key for key in holder.members if key not in {"mode", "visualFocus"}))
    if not has_picture or kind in SILENT_KINDS:
        return None, focus
    if mode.lower() in _SPLIT:
        return (Layout.PICTURE_LEFT if side == "left" else Layout.PICTURE_RIGHT).value, focus
    return Layout.FULL.value, focus


def _focus(layout: Node) -> dict[str, float] | None:
    holder = layout.node("visualFocus") if isinstance(layout.members.get("visualFocus"), dict) else None
    if holder is None:
        return None
    anchor = holder.node("anchor") if isinstance(holder.members.get("anchor"), dict) else holder
    return None if anchor is None else point(anchor)
