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
    """Return a copy in which steps have an id and, as words of variants, `text`, and every visual is an object."""
    changed = dict(request)
    steps, variants = request.get("steps"), request.get("variants")
    if isinstance(steps, list | tuple):
        known = asset_ids(request)
        changed["steps"] = [_step(step, index, known) for index, step in enumerate(steps)]
    if isinstance(variants, list | tuple):
        changed["variants"] = [_variant(variant) for variant in variants]
    return changed


def with_text(holder: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a step, or of a variant's words for one, in which `body` is called `text`."""
    changed = dict(holder)
    if "body" in changed and "text" not in changed:
        changed["text"] = changed.pop("body")
    return changed


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
    changed = with_text(step)
    if "id" not in changed:
        changed["id"] = default_step_id(index)
    visuals = changed.get("visuals")
    if isinstance(visuals, list | tuple):
        changed["visuals"] = [
            visual_from_text(visual, known) if isinstance(visual, str) else visual for visual in visuals
        ]
    return changed


def _variant(variant: Any) -> Any:
    steps = variant.get("steps") if isinstance(variant, dict) else None
    if not isinstance(steps, dict):
        return variant
    worded = {step_id: with_text(words) if isinstance(words, dict) else words for step_id, words in steps.items()}
    return {**variant, "steps": worded}
