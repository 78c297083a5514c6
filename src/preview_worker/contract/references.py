"""What models can't see one by one: names that must be unique, names that must exist, places, intervals."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from preview_worker.contract.callout_phrases import Said, phrase_findings
from preview_worker.contract.callouts import callout_findings
from preview_worker.contract.finding import Code, Finding, Location, Severity, named, visible
from preview_worker.contract.guesses import Guesses
from preview_worker.contract.normalise import asset_ids, default_step_id, source_of, visual_from_text
from preview_worker.contract.reading import Assets, body_findings, entries
from preview_worker.contract.uri import RefusedUriError, parse_uri
from preview_worker.contract.variant_references import variant_findings


def reference_findings(request: dict[str, Any], place: Location) -> Iterator[Finding]:
    """Yield the faults between the parts of a raw request; parts that can't be read are passed over.

    Args:
        request: The raw previewRequest, valid or not.
        place: Where it stands.
    """
    assets = Assets(known=asset_ids(request) if isinstance(request.get("assets"), list) else None)
    yield from _assets(request, place)
    yield from _steps(request, place, assets)
    music = _member(_member(request, "audio"), "music")
    yield from assets.reference(music, "assetId", (*place, "audio", "music"))
    yield from _range(request, place, assets.guesses)
    yield from variant_findings(request, place, assets)


def interval_findings(holder: dict[str, Any], place: Location) -> Iterator[Finding]:
    """Yield a finding when `endMs` isn't after `startMs`."""
    start, end = _number(holder.get("startMs")), _number(holder.get("endMs"))
    if end is not None and end <= (start or 0):
        yield Finding.at((*place, "endMs"), Code.BAD_INTERVAL, "must be after startMs", value=end, limit=start or 0)


def _assets(request: dict[str, Any], place: Location) -> Iterator[Finding]:
    seen: dict[str, Location] = {}
    for asset, here in entries(request, "assets", place):
        yield from _unique(asset.get("id"), (*here, "id"), seen)
        source = source_of(asset)
        if source is None:
            sentence = "says nowhere where its file is: it will be drawn as missing"
            hint = "give it a uri"
            yield Finding.at(here, Code.REQUIRED, sentence, hint=hint, severity=Severity.WARNING)
        else:
            yield from _source((*here, source[0]), source[1])


def _steps(request: dict[str, Any], place: Location, assets: Assets) -> Iterator[Finding]:
    seen: dict[str, Location] = {}
    for step, here in entries(request, "steps", place):
        yield from _unique(step.get("id", default_step_id(int(here[-1]))), (*here, "id"), seen)
        yield from body_findings(step, here)
        yield from assets.reference(step, "narrationAssetId", here)
        yield from assets.reference(step, "narrationTimings", here)
        yield from _visuals(step, here, assets)
        said = Said.by(step)
        for callout, there in entries(step, "callouts", here):
            yield from interval_findings(callout, there)
            yield from assets.reference(callout, "assetId", there)
            yield from callout_findings(callout, there, step.get("visuals"), assets.known, assets.guesses)
            yield from phrase_findings(callout, there, said, assets.guesses)


def _visuals(step: dict[str, Any], place: Location, assets: Assets) -> Iterator[Finding]:
    seen: dict[str, Location] = {}
    visuals = step.get("visuals")
    for index, visual in enumerate(visuals if isinstance(visuals, list) else ()):
        here = (*place, "visuals", index)
        if isinstance(visual, str):
            yield from _text_visual(visual, here, assets)
        elif isinstance(visual, dict):
            yield from _unique(visual.get("id"), (*here, "id"), seen)
            yield from _object_visual(visual, here, assets)


def _text_visual(text: str, place: Location, assets: Assets) -> Iterator[Finding]:
    known = assets.known or frozenset()
    if "assetId" in visual_from_text(text, known):
        return
    yield from _source(place, text)
    if "." not in text and "/" not in text and (hint := assets.guesses.closest(text, known)):
        sentence = "names no asset and is taken for a path"
        severity = Severity.WARNING
        yield Finding.at(place, Code.UNKNOWN_ASSET, sentence, value=text, hint=hint, severity=severity)


def _object_visual(visual: dict[str, Any], place: Location, assets: Assets) -> Iterator[Finding]:
    asset_id, path = visual.get("assetId"), visual.get("path")
    if asset_id is None and path is None:
        yield Finding.at(
            (*place, "assetId"), Code.REQUIRED, "is required: a visual shows an asset, or a file by `path`"
        )
    elif asset_id is not None and path is not None:
        yield Finding.at((*place, "path"), Code.CONFLICT, "must not stand beside assetId")
    if isinstance(path, str):
        yield from _source((*place, "path"), path)
    yield from assets.reference(visual, "assetId", place)
    yield from interval_findings(visual, place)


def _range(request: dict[str, Any], place: Location, guesses: Guesses) -> Iterator[Finding]:
    part = _member(_member(request, "options"), "range")
    here = (*place, "options", "range")
    yield from interval_findings(part, here)
    steps = request.get("steps")
    if not isinstance(steps, list):
        return
    ids = [step.get("id", default_step_id(index)) for index, step in enumerate(steps) if isinstance(step, dict)]
    texts = [step_id for step_id in ids if isinstance(step_id, str)]
    named = {key: part[key] for key in ("fromStep", "toStep") if isinstance(part.get(key), str)}
    unknown = [key for key, step_id in named.items() if step_id not in texts]
    for key in unknown:
        hint = guesses.closest(named[key], texts)
        yield Finding.at((*here, key), Code.UNKNOWN_STEP, "names no step", value=named[key], hint=hint)
    indices = [texts.index(step_id) for key, step_id in named.items() if key not in unknown]
    if len(indices) == len(("fromStep", "toStep")) and indices[0] > indices[1]:
        yield Finding.at((*here, "toStep"), Code.BAD_INTERVAL, "comes before fromStep", value=named["toStep"])


def _source(place: Location, text: str) -> Iterator[Finding]:
    try:
        parse_uri(text)
    except RefusedUriError as refused:
        yield Finding.at(place, refused.code, refused.sentence, value=text[:80], hint=refused.hint)


def _unique(name: Any, place: Location, seen: dict[str, Location]) -> Iterator[Finding]:
    if not isinstance(name, str) or not name:
        return
    key = unicodedata.normalize("NFC", name)
    if key in seen:
        # Named from its list on: a bare request's places don't begin as a job's do.
        hint = f"the first is that of {named(*seen[key][-3:-1])}"
        yield Finding.at(place, Code.DUPLICATE_ID, f'repeats the id "{visible(name[:80])}"', value=name, hint=hint)
    seen.setdefault(key, place)


def _member(holder: dict[str, Any], key: str) -> dict[str, Any]:
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
