"""Where in a payload's file the author finds what a warning is about, and the ids of its steps as he wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from preview_worker.contract import PreviewWarning, WarningCode
from preview_worker.contract.finding import pointer, visible
from preview_worker.contract.normalise import default_step_id

_WORDS = ("narration", "text", "body")
_FIELDS: dict[WarningCode, tuple[str, ...]] = {
    WarningCode.STEP_LENGTHENED: ("durationMs",),
    WarningCode.NARRATION_MISSING: _WORDS,
    WarningCode.CAPTION_FAST: _WORDS,
    WarningCode.AUDIO_SILENT: ("narrationAssetId",),
    WarningCode.AUDIO_CLIPPED: ("narrationAssetId",),
    WarningCode.AUDIO_TRUNCATED: ("narrationAssetId",),
    WarningCode.PICTURE_UPSCALED: ("visuals",),
    WarningCode.PICTURE_REUSED: ("visuals",),
    WarningCode.ASSET_MISSING: ("visuals", "narrationAssetId"),
    WarningCode.CALLOUT_OFFSCREEN: ("callouts",),
    WarningCode.CALLOUT_OVERLAPS: ("callouts",),
    WarningCode.NOT_RENDERED: ("narrationTimings",),
}
"""The member of a step that a warning is about, where it is about one; the first that is there."""

_WHOLE: dict[WarningCode, tuple[str, ...]] = {
    WarningCode.CONTRAST_LOW: ("options", "theme", "text"),
    WarningCode.AUDIO_SILENT: ("audio", "music"),
    WarningCode.AUDIO_CLIPPED: ("audio",),
    WarningCode.AUDIO_TRUNCATED: ("audio", "music"),
    WarningCode.ASSET_MISSING: ("audio", "music"),
    WarningCode.LOUDNESS_OFF: ("audio",),
    WarningCode.NOT_RENDERED: ("audio",),
}


def place_of(warning: PreviewWarning, request: dict[str, Any], *, variant: int | None = None) -> str:
    """JSON pointer, within a raw previewRequest, of what a warning is about.

    What isn't there is pointed at where it should stand.

    Args:
        warning: The warning.
        request: The raw request, valid.
        variant: Index of the variant that it is about; None: the request's own language.
    """
    if variant is not None and (place := _in_variant(warning, request, variant)) is not None:
        return place
    asset = _asset_of(warning, request)
    if asset is not None:
        return pointer("assets", asset)
    for index, step in _steps(request):
        if step.get("id", default_step_id(index)) == warning.step_id:
            member = next((name for name in _FIELDS.get(warning.code, ()) if name in step), None)
            return pointer("steps", index) if member is None else pointer("steps", index, member)
    return pointer(*_WHOLE.get(warning.code, ()))


def step_ids_of(payload: Any) -> list[str]:
    """Ids of a raw job's steps, in their order; a step without one that is a text goes by its default."""
    request = payload.get("previewRequest") if isinstance(payload, dict) else None
    steps = request.get("steps") if isinstance(request, dict) else None
    given = [step.get("id") if isinstance(step, dict) else None for step in steps] if isinstance(steps, list) else []
    return [
        visible(step_id) if isinstance(step_id, str) and step_id else default_step_id(index)
        for index, step_id in enumerate(given)
    ]


def language_at(place: str, payload: Any) -> str | None:
    """Language of the variant that a pointer into a raw job leads into; None where it leads elsewhere."""
    match place.split("/")[1:]:
        case ["previewRequest", "variants", index, *_] if index.isdecimal():
            language = payload["previewRequest"]["variants"][int(index)].get("language")
            return language if isinstance(language, str) else None
        case _:
            return None


def _in_variant(warning: PreviewWarning, request: dict[str, Any], index: int) -> str | None:
    """Where a variant says something of a warning's step; the variant itself for what is about the whole."""
    if warning.step_id is None:
        return pointer("variants", index)
    words = request["variants"][index].get("steps", {}).get(warning.step_id)
    if words is None:
        return None
    member = next((name for name in _FIELDS.get(warning.code, ()) if name in words), None)
    place = ("variants", index, "steps", warning.step_id)
    return pointer(*place) if member is None else pointer(*place, member)


def _asset_of(warning: PreviewWarning, request: dict[str, Any]) -> int | None:
    """Index of the listed asset that a warning names by its id."""
    if warning.code not in (WarningCode.ASSET_UNUSED, WarningCode.ASSET_MISSING):
        return None
    assets = enumerate(request.get("assets") or ())
    return next((index for index, asset in assets if asset.get("id") == warning.value), None)


def _steps(request: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    yield from enumerate(request.get("steps") or ())
