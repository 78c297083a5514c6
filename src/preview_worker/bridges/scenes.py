"""What the formats share about scenes: their order, their pictures, the pages they come from."""

from __future__ import annotations

from typing import Any

from preview_worker.bridges.draft import Draft
from preview_worker.bridges.movement import Moves, moves_of, pulse_or_drop
from preview_worker.bridges.naming import valid_label
from preview_worker.bridges.nearby import AUDIO_SUFFIXES
from preview_worker.bridges.node import Node, number_of
from preview_worker.bridges.regions import is_whole, rectangle
from preview_worker.bridges.times import span_ms
from preview_worker.bridges.words import LINE_MAX, cut

LAYER_MAX = 1000
PAGES_SHOWN = 6
EDITING = "tells of the editing, not of the video"
COUNTED = "isn't needed: it is counted anew"
_LINKS = ("index", "order", "prevSceneId", "nextSceneId", "sceneNumber")


def scenes_of(root: Node, *keys: str) -> list[Node]:
    """Return a file's scenes in the order of their index or order, where each has one, else as they stand."""
    scenes = list(root.nodes(*keys))
    for scene in scenes:
        scene.skip(*_LINKS)
    for key in ("index", "order"):
        numbers = [number_of(scene.members.get(key)) for scene in scenes]
        known = [number for number in numbers if number is not None]
        if len(known) == len(scenes) and known != sorted(known):
            root.ledger.changed(scenes[0].place[:-1], f"is brought into the order of {key}")
            return [scenes[place] for place in sorted(range(len(scenes)), key=known.__getitem__)]
    return scenes


def picture(draft: Draft, node: Node, duration_ms: int | None) -> tuple[dict[str, Any], Moves] | None:
    """Read an object that shows a picture: which, where, when and how it moves; None, with a remark, without any."""
    asset_id = draft.assets.of_node(node)
    span = span_ms(node, duration_ms)
    if asset_id is None or span is None:
        node.skip(*node.members)
        return None
    visual: dict[str, Any] = {"assetId": asset_id, **span}
    label = valid_label(node.name("id"))
    if label:
        visual["id"] = label
    holder = node.node("placement", "position", "rect") if _is_placed(node) else None
    rect = rectangle(holder, draft.frame_px) if holder is not None else None
    if rect is not None and not is_whole(rect):
        visual["placement"] = rect
    visual |= _depth(node)
    fit = node.name("fit", "objectFit").replace("-", "_")
    if fit in {"contain", "cover", "blur_fill"}:
        visual["fit"] = fit
    elif fit:
        node.ledger.dropped(node.place, "has a fit that is none of contain, cover, blur_fill", fit)
    moves = moves_of(node)
    return visual | moves.members(), moves


def plain_pictures(draft: Draft, node: Node, *keys: str) -> list[dict[str, Any]]:
    """Read an array of pictures, each an asset's id, a path, or an object, as visuals of the layout; each once."""
    shown: dict[str, dict[str, Any]] = {}
    for entry, place in node.entries(*keys):
        asset_id = None
        if isinstance(entry, str):
            asset_id = draft.assets.of(entry.strip(), place)
        elif isinstance(entry, dict):
            asset_id = draft.assets.of_node(node.reading.open(entry, place), is_asset=True)
        else:
            node.ledger.dropped(place, "is no picture", entry)
        if asset_id is not None:
            shown.setdefault(asset_id, {"assetId": asset_id})
    return list(shown.values())


def move_pictures(
    node: Node,
    visuals: list[dict[str, Any]],
    callouts: list[dict[str, Any]],
    *,
    focus: dict[str, float] | None = None,
) -> None:
    """Read a scene's own motion, which is that of its pictures without one; without a picture it is remarked."""
    if not visuals:
        node.drop("is left out: the step has no picture to move", "motion", "motions")
        return
    moves = moves_of(node, focus=focus)
    for visual in visuals:
        if "motion" not in visual and moves.motion is not None:
            visual["motion"] = dict(moves.motion)
        if moves.fades:
            visual["enter"] = "fade"
    pulse_or_drop(node, moves.pulses, callouts)


def page_reference(draft: Draft, node: Node, *keys: str) -> tuple[str | None, list[int]]:
    """Read the rulebook's pages a scene comes from: the words for the corner, and the numbers.

    An entry is a number, or an object with page or pages.
    """
    pages: dict[int, None] = {}
    for entry, place in node.entries(*keys):
        found = _pages(node.reading.open(entry, place)) if isinstance(entry, dict) else [number_of(entry)]
        numbers = [int(number) for number in found if number is not None and 0 < number < LAYER_MAX]
        if not numbers:
            node.ledger.dropped(place, "names no page", entry)
        pages.update(dict.fromkeys(numbers))
    if not pages:
        return None, []
    shown = ", ".join(str(page) for page in list(pages)[:PAGES_SHOWN]) + ("…" if len(pages) > PAGES_SHOWN else "")
    french = draft.reading.language == "fr"
    several = len(pages) > 1
    words = ("Livret pp. " if several else "Livret p. ") if french else ("Rulebook pp. " if several else "Rulebook p. ")
    return cut(words + shown, LINE_MAX), list(pages)


def recording_beside(draft: Draft, scene: Node) -> str | None:
    """Return the asset of a recording that lies beside the file under the scene's id; None where there is none."""
    name = scene.name("id", "sceneId")
    path = draft.assets.nearby.of_stem(name, AUDIO_SUFFIXES) if name else None
    if path is None:
        return None
    scene.ledger.check(scene.place, "is spoken by a recording of its name beside the file", path)
    return draft.assets.found(path)


def _is_placed(node: Node) -> bool:
    return any(isinstance(node.members.get(key), dict) for key in ("placement", "position", "rect"))


def _depth(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {}
    layer, opacity = node.number("layer", "zIndex"), node.number("opacity")
    if layer is not None and round(layer) != 0:
        found["layer"] = min(max(round(layer), -LAYER_MAX), LAYER_MAX)
    if opacity is not None and opacity != 1:
        found["opacity"] = min(max(opacity, 0.0), 1.0)
        if found["opacity"] != opacity:
            node.ledger.changed(node.at("opacity"), "must be from 0 to 1", opacity)
    return found


def _pages(source: Node) -> list[float | None]:
    source.drop(
        "is kept by the script, not by the video", "quote", "section", "startOffset", "endOffset", "uncertainty"
    )
    source.drop("is a page's picture, of which only the number is shown", "sourceImage")
    numbers = [source.number("page", "pageNumber")]
    return numbers + [number_of(entry) for entry, _ in source.entries("pages")]
