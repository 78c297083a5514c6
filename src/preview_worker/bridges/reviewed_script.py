"""Reviewed scripts: scenes with a section, narration, words on the screen, pages, callouts and a chosen picture."""

from __future__ import annotations

from typing import Any

from preview_worker.bridges.callouts import callouts_of
from preview_worker.bridges.draft import Draft
from preview_worker.bridges.kinds import kind_of
from preview_worker.bridges.node import Node, number_of
from preview_worker.bridges.regions import point
from preview_worker.bridges.scenes import EDITING, move_pictures, page_reference, recording_beside, scenes_of
from preview_worker.bridges.times import length_ms
from preview_worker.bridges.transitions import transition_of
from preview_worker.bridges.words import BODY_MAX, LINE_MAX
from preview_worker.contract.finding import Location

_PAGES = ("pages", "pageImages", "page_images", "rulebookPages")


def read_reviewed_script(draft: Draft, root: Node) -> None:
    """Carry a reviewed script over into the draft; pictures of pages and recordings are looked for beside the file."""
    draft.read_head(root)
    draft.read_video(root)
    pages = _pages(root)
    for scene in scenes_of(root, "scenes"):
        draft.add(scene, _step(draft, scene, pages))


def _step(draft: Draft, scene: Node, pages: dict[int, tuple[str, Location]]) -> dict[str, Any]:
    section = scene.text("section", "title", "heading", limit=LINE_MAX)
    duration_ms = length_ms(scene)
    callouts = callouts_of(scene, "callouts", duration_ms)
    reference, numbers = page_reference(draft, scene, "source_pages", "sourcePages")
    visuals = _visuals(draft, scene, numbers, pages)
    move_pictures(scene, visuals, callouts, focus=_focus(scene, has_picture=bool(visuals)))
    scene.drop("isn't kept: what is done already isn't drawn", "completed_steps", "completedSteps")
    scene.drop(EDITING, "status", "reviewed", "review_state", "notes")
    return {
        "kind": kind_of(scene, section).value,
        "title": section or None,
        "text": scene.text("on_screen_text", "onScreenText", "text", limit=BODY_MAX) or None,
        "narration": scene.text("narration", "narrationText", "spokenText", limit=BODY_MAX),
        "durationMs": duration_ms,
        "narrationAssetId": draft.narration_asset(scene, "audio", "audio_file", "audioFile")
        or recording_beside(draft, scene),
        "visuals": visuals,
        "callouts": callouts,
        "transition": transition_of(scene, "transition"),
        "reference": reference,
        "chapter": draft.new_chapter(section),
    }


def _visuals(
    draft: Draft, scene: Node, numbers: list[int], pages: dict[int, tuple[str, Location]]
) -> list[dict[str, Any]]:
    """The chosen picture, else that of the first page there is one of."""
    found = scene.take("visual_asset", "visualAsset", "visual_assets")
    asset_id: str | None = None
    if found is not None:
        value, place = found
        if isinstance(value, str):
            asset_id = draft.assets.of(value.strip(), place)
        elif isinstance(value, dict):
            asset_id = draft.assets.of_node(scene.reading.open(value, place))
        else:
            scene.ledger.dropped(place, "is no picture", value)
    for number in numbers if asset_id is None else []:
        if number in pages:
            asset_id = draft.assets.of(*pages[number])
        elif (beside := draft.assets.nearby.page(number)) is not None:
            scene.ledger.check(scene.place, f"shows page {number}, whose picture lies beside the file", beside)
            asset_id = draft.assets.found(beside)
        if asset_id is not None:
            break
    return [] if asset_id is None else [{"assetId": asset_id}]


def _focus(scene: Node, *, has_picture: bool) -> dict[str, float] | None:
    found = scene.take("visual_focus", "visualFocus")
    if found is None:
        return None
    value, place = found
    if not isinstance(value, dict):
        scene.ledger.dropped(place, "is no point or rectangle of the picture", value)
        return None
    holder = scene.reading.open(value, place)
    anchor = holder.node("anchor") if isinstance(holder.members.get("anchor"), dict) else holder
    focus = None if anchor is None else point(anchor)
    if focus is not None and not has_picture:
        scene.ledger.dropped(place, "is left out: the step has no picture")
        return None
    return focus


def _pages(root: Node) -> dict[int, tuple[str, Location]]:
    """Pictures of pages by number: an object by number, or an array of objects, or of paths counted from 1."""
    key = next((key for key in _PAGES if root.has(key)), None)
    if key is None:
        return {}
    table = root.members[key]
    if isinstance(table, dict):
        root.skip(key)
        pairs = [(number_of(name), entry, (*root.at(key), name)) for name, entry in table.items()]
    else:
        pairs = [(None, entry, place) for entry, place in root.entries(key)]
    found: dict[int, tuple[str, Location]] = {}
    for index, (number, entry, place) in enumerate(pairs):
        page, path = _page(root, number, entry, place, index)
        if page is None or path is None:
            root.ledger.dropped(place, "names no page with a picture")
        else:
            found.setdefault(page, path)
    return found


def _page(
    root: Node, number: float | None, entry: Any, place: Location, index: int
) -> tuple[int | None, tuple[str, Location] | None]:
    if isinstance(entry, str) and entry.strip():
        return round(number) if number is not None else index + 1, (entry, place)
    if not isinstance(entry, dict):
        return None, None
    holder = root.reading.open(entry, place)
    written = holder.number("page", "number", "pageNumber") if number is None else number
    holder.drop("isn't needed: the file itself is measured", "width", "height")
    path = holder.name("image", "path", "file", "src", "renderPath", "url")
    return None if written is None else round(written), (path, place) if path else None
