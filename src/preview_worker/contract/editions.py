"""Editions: a tutorial in each of its languages, as a request that has one language only.

An edition takes over all that its variant doesn't say. What was made for other words falls away with them: a narration
where only the text is translated, a recording and its timings where other words are spoken.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from preview_worker.contract.callout_phrases import said_by
from preview_worker.contract.finding import pointer
from preview_worker.contract.request import PreviewRequest
from preview_worker.errors import TooLongError

_STEP_WORDS = ("title", "text", "narration", "narrationAssetId", "narrationTimings", "chapter", "reference")
_CALLOUT_WORDS = {"text": None, "at": "startMs", "until": "endMs"}
"""What a variant says of a callout, and what that stands instead of."""


def editions(request: PreviewRequest) -> tuple[PreviewRequest, ...]:
    """The request in each language, its own first and then the variants in their order; none of them has variants.

    Each lists the assets that it uses; the first lists also those that none uses.
    """
    if not request.variants:
        return (request,)
    raw = request.model_dump(mode="json", by_alias=True, exclude_unset=True)
    own = request.model_copy(update={"variants": ()})
    others = [PreviewRequest.model_validate(in_language(raw, variant)) for variant in raw["variants"]]
    used = [frozenset(edition.referenced_asset_ids()) for edition in (own, *others)]
    first = own.model_copy(
        update={"assets": tuple(a for a in own.assets if a.id in used[0] or not any(a.id in ids for ids in used))}
    )
    rest = (
        edition.model_copy(update={"assets": tuple(asset for asset in edition.assets if asset.id in ids)})
        for edition, ids in zip(others, used[1:], strict=True)
    )
    return (first, *rest)


@contextmanager
def length_errors_of(number: int, language: str) -> Iterator[None]:
    """Let errors about an edition's length tell which variant is too long.

    Args:
        number: Which edition it is; 0: the request's own, about which nothing is added.
        language: Its language.

    Raises:
        TooLongError: What the block raised, at the variant.
    """
    try:
        yield
    except TooLongError as error:
        if not number:
            raise
        sentence = f"In {language}, {error.sentence[0].lower()}{error.sentence[1:]}"
        place = pointer("previewRequest", "variants", number - 1)
        raise TooLongError(sentence, pointer=place, step_id=error.step_id, hint=error.hint) from error


def in_language(request: Mapping[str, Any], variant: Mapping[str, Any]) -> dict[str, Any]:
    """A raw, valid request with a variant's words in place of its own."""
    words = {unicodedata.normalize("NFC", step_id): said for step_id, said in variant.get("steps", {}).items()}
    named = {key: variant[key] for key in ("language", "title", "description") if variant.get(key) is not None}
    audio = {key: value for key, value in request["audio"].items() if key != "voice"}
    if variant.get("voice") is not None:
        audio["voice"] = variant["voice"]
    kept = {key: value for key, value in request.items() if key != "variants"}
    steps = [step_in_language(step, words.get(step["id"], {})) for step in request["steps"]]
    return {**kept, **named, "audio": audio, "steps": steps}


def step_in_language(step: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    """A raw step with a variant's words in place of its own; either may be invalid below its members' names."""
    given = {key: words[key] for key in _STEP_WORDS if words.get(key) is not None}
    merged = {**step, **given}
    if "text" in given:
        merged.pop("body", None)
        if "narration" not in given and step.get("narration") != "":
            merged.pop("narration", None)
    if "narrationAssetId" not in given and said_by(merged) != said_by(step):
        merged.pop("narrationAssetId", None)
        merged.pop("narrationTimings", None)
    if "narrationAssetId" in given and "narrationTimings" not in given:
        merged.pop("narrationTimings", None)
    if isinstance(callouts := step.get("callouts"), list | tuple):
        merged["callouts"] = _callouts(callouts, words.get("callouts"))
    return merged


def _callouts(callouts: list[Any] | tuple[Any, ...], words: Any) -> list[Any]:
    given = list(words) if isinstance(words, list | tuple) else []
    given += [{}] * (len(callouts) - len(given))
    return [_callout(callout, said) for callout, said in zip(callouts, given, strict=False)]


def _callout(callout: Any, words: Any) -> Any:
    if not isinstance(callout, dict) or not isinstance(words, dict):
        return callout
    given = {key: words[key] for key in _CALLOUT_WORDS if words.get(key) is not None}
    replaced = {_CALLOUT_WORDS[key] for key in given}
    return {**{key: value for key, value in callout.items() if key not in replaced}, **given}
