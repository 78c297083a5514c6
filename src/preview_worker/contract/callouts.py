"""Whether a callout says enough: its target, its words, and which picture it means."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from preview_worker.contract.finding import Code, Finding, Location
from preview_worker.contract.guesses import Guesses
from preview_worker.contract.kinds import CalloutKind
from preview_worker.contract.normalise import visual_from_text

_WORDED = frozenset({CalloutKind.LABEL, CalloutKind.NOTE})


def callout_findings(
    callout: dict[str, Any], place: Location, visuals: Any, known: frozenset[str] | None, guesses: Guesses
) -> Iterator[Finding]:
    """Yield the faults of one raw callout.

    Args:
        callout: The raw callout, valid or not.
        place: Where it stands.
        visuals: The step's raw visuals.
        known: The ids of all assets; None when they can't be read.
        guesses: For hints.
    """
    kind = callout.get("kind")
    if not isinstance(kind, str):
        kind = ""
    if kind in _WORDED and _absent(callout.get("text")):
        yield Finding.at((*place, "text"), Code.REQUIRED, f"is required by a {kind}")
    if kind == CalloutKind.NOTE:
        if callout.get("placement") is None:
            yield Finding.at((*place, "placement"), Code.REQUIRED, "is required by a note: its box in the frame")
        return
    if kind in set(CalloutKind) and callout.get("target") is None:
        yield Finding.at((*place, "target"), Code.REQUIRED, f"is required by a {kind}")
    if callout.get("frame") is True:
        return
    yield from _picture(callout, place, visuals if isinstance(visuals, list) else [], known, guesses)


def _picture(
    callout: dict[str, Any], place: Location, visuals: list[Any], known: frozenset[str] | None, guesses: Guesses
) -> Iterator[Finding]:
    visual = callout.get("visual")
    if visual is not None:
        yield from _by_visual(visual, (*place, "visual"), visuals, guesses)
    elif isinstance(callout.get("assetId"), str):
        yield from _by_asset(callout["assetId"], (*place, "assetId"), visuals, known)
    elif not visuals:
        sentence = "points at a picture, but the step has none"
        yield Finding.at(place, Code.UNKNOWN_VISUAL, sentence, hint="use `frame: true` to point into the frame")
    elif len(visuals) > 1:
        sentence = f"could mean any of the step's {len(visuals)} visuals"
        yield Finding.at(place, Code.AMBIGUOUS_VISUAL, sentence, hint="say which by `visual`: its id or index")


def _by_visual(visual: Any, place: Location, visuals: list[Any], guesses: Guesses) -> Iterator[Finding]:
    if isinstance(visual, float) and visual.is_integer():
        visual = int(visual)
    if isinstance(visual, int) and not isinstance(visual, bool) and not 0 <= visual < len(visuals):
        sentence = f"must be the index of one of the step's {len(visuals)} visuals, from 0"
        yield Finding.at(place, Code.UNKNOWN_VISUAL, sentence, value=visual, limit=len(visuals) - 1)
    if isinstance(visual, str):
        ids = [entry["id"] for entry in visuals if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
        if _same(visual) not in {_same(name) for name in ids}:
            hint = guesses.closest(visual, ids)
            yield Finding.at(place, Code.UNKNOWN_VISUAL, "names no visual of the step", value=visual, hint=hint)


def _by_asset(asset_id: str, place: Location, visuals: list[Any], known: frozenset[str] | None) -> Iterator[Finding]:
    names = known or frozenset()
    if known is not None and _same(asset_id) not in names:
        return  # reported as an unknown asset already
    shown = [visual_from_text(entry, names) if isinstance(entry, str) else entry for entry in visuals]
    used = [entry.get("assetId") for entry in shown if isinstance(entry, dict)]
    count = sum(isinstance(name, str) and _same(name) == _same(asset_id) for name in used)
    if count == 0:
        yield Finding.at(place, Code.UNKNOWN_VISUAL, "names an asset that the step doesn't show", value=asset_id)
    elif count > 1:
        sentence = f"names an asset that the step shows {count} times"
        yield Finding.at(place, Code.AMBIGUOUS_VISUAL, sentence, value=asset_id, hint="say which by `visual`")


def _absent(text: Any) -> bool:
    return text is None or text == ""


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", name)
