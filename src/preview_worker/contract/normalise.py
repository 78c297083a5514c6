"""Input forms that mean the same, turned into one: aliases, strings for visuals, default step ids.

Works on raw JSON that may be invalid anywhere, and leaves alone what it can't read.
"""

from __future__ import annotations

import unicodedata
from typing import Any

SOURCE_KEYS = ("uri", "path", "fileName", "previewUrl")


def source_of(asset: dict[str, Any]) -> tuple[str, str] | None:
    """Return the key and text by which an asset says where it is: the first present one; empty text is absent."""
    for key in SOURCE_KEYS:
        text = asset.get(key)
        if not isinstance(text, str) or not text.strip():
            continue
        if key == "previewUrl" and not text.lower().startswith(("https:", "data:")):
            continue
        return key, text
    return None


def asset_ids(request: dict[str, Any]) -> frozenset[str]:
    """Return the ids of the assets of a raw request."""
    assets = request.get("assets")
    entries = assets if isinstance(assets, list | tuple) else ()
    ids = (entry.get("id") if isinstance(entry, dict) else getattr(entry, "id", None) for entry in entries)
    return frozenset(unicodedata.normalize("NFC", text) for text in ids if isinstance(text, str))


def normalised_request(request: dict[str, Any]) -> dict[str, Any]:
    """Return a copy in which every step has an id and `text`, and every visual is an object."""
    steps = request.get("steps")
    if not isinstance(steps, list | tuple):
        return request
    known = asset_ids(request)
    return {**request, "steps": [_step(step, index, known) for index, step in enumerate(steps)]}


def default_step_id(index: int) -> str:
    """Return the id of a step that has none; `index` counts from 0."""
    return f"step-{index + 1}"


def visual_from_text(text: str, known: frozenset[str]) -> dict[str, Any]:
    """Return the visual a string stands for: an asset's id, else a path."""
    name = unicodedata.normalize("NFC", text)
    return {"assetId": name} if name in known else {"path": text}


def _step(step: Any, index: int, known: frozenset[str]) -> Any:
    if not isinstance(step, dict):
        return step
    changed = dict(step)
    if "id" not in changed:
        changed["id"] = default_step_id(index)
    if "body" in changed and "text" not in changed:
        changed["text"] = changed.pop("body")
    visuals = changed.get("visuals")
    if isinstance(visuals, list | tuple):
        changed["visuals"] = [
            visual_from_text(visual, known) if isinstance(visual, str) else visual for visual in visuals
        ]
    return changed
