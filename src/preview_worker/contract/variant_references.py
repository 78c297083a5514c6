"""What a request's variants must agree on with its steps, and which words they leave in the first language."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from preview_worker.contract.callout_phrases import Said, phrase_findings, said_by
from preview_worker.contract.editions import step_in_language
from preview_worker.contract.finding import Code, Finding, Location, Severity, visible
from preview_worker.contract.normalise import default_step_id, with_text
from preview_worker.contract.reading import Assets, body_findings, entries

_DEFAULT_LANGUAGE = "en"
_SHOWN = ("title", "text", "chapter", "reference")


def variant_findings(request: dict[str, Any], place: Location, assets: Assets) -> Iterator[Finding]:
    """Yield the faults between a raw request and its variants; parts that can't be read are passed over.

    Args:
        request: The raw previewRequest, valid or not.
        place: Where it stands.
        assets: Its assets.
    """
    steps = {
        unicodedata.normalize("NFC", step_id): with_text(step)
        for step, here in entries(request, "steps", place)
        if isinstance(step_id := step.get("id", default_step_id(int(here[-1]))), str)
    }
    known = {str(request.get("language", _DEFAULT_LANGUAGE)).lower(): "the request's own"}
    for variant, here in entries(request, "variants", place):
        language = variant.get("language")
        if isinstance(language, str):
            if (other := known.get(language.lower())) is not None:
                hint = "give each language one variant"
                yield Finding.at(
                    (*here, "language"), Code.DUPLICATE_ID, f"is {other} language", value=language, hint=hint
                )
            known.setdefault(language.lower(), "another variant's")
        yield from _words(variant, here, steps, assets)


def _words(
    variant: dict[str, Any], place: Location, steps: Mapping[str, dict[str, Any]], assets: Assets
) -> Iterator[Finding]:
    raw = variant.get("steps")
    written = raw if isinstance(raw, dict) else {}
    given: dict[str, dict[str, Any]] = {}
    for key, words in written.items():
        step_id, here = unicodedata.normalize("NFC", str(key)), (*place, "steps", key)
        if step_id not in steps:
            hint = assets.guesses.closest(str(key), steps)
            yield Finding.at(here, Code.UNKNOWN_STEP, "names no step", value=visible(str(key)[:80]), hint=hint)
        elif isinstance(words, dict):
            given[step_id] = with_text(words)
            yield from body_findings(words, here)
            yield from assets.reference(words, "narrationAssetId", here)
            yield from assets.reference(words, "narrationTimings", here)
            yield from _callouts(steps[step_id], given[step_id], here, assets)
    yield from _untranslated(steps, given, place)


def _callouts(step: dict[str, Any], words: dict[str, Any], place: Location, assets: Assets) -> Iterator[Finding]:
    own, said = step.get("callouts", []), words.get("callouts", [])
    if not isinstance(own, list) or not isinstance(said, list):
        return
    if len(said) > len(own):
        sentence = f"has words for {len(said)} callouts, and the step has {len(own)}"
        yield Finding.at((*place, "callouts"), Code.TOO_MANY, sentence, value=len(said), limit=len(own))
    merged = step_in_language(step, words)
    spoken = Said.by(merged)
    for callout, here in entries(merged, "callouts", place):
        yield from phrase_findings(callout, here, spoken, assets.guesses)


def _untranslated(
    steps: Mapping[str, dict[str, Any]], given: Mapping[str, dict[str, Any]], place: Location
) -> Iterator[Finding]:
    """Steps that still speak the first language, or show it where others of the variant don't."""
    shown = [key for key in _SHOWN if any(words.get(key) is not None for words in given.values())]
    has_labels = any(text is not None for words in given.values() for text in _labels(words))
    for step_id, step in steps.items():
        words = given.get(step_id, {})
        left = [key for key in shown if step.get(key) and words.get(key) is None]
        labels = zip_longest(_labels(step), _labels(words))
        if has_labels and any(own and said is None for own, said in labels):
            left.append("callouts")
        if said_by(step) and all(words.get(key) is None for key in ("narration", "text")):
            left.append("narration")
        if left:
            yield Finding.at(
                (*place, "steps", step_id),
                Code.UNTRANSLATED,
                f"leaves {', '.join(left)} in the request's own language",
                value=", ".join(left),
                hint="give these words in the variant; repeat those that are the same in both languages",
                severity=Severity.WARNING,
            )


def _labels(holder: dict[str, Any]) -> list[Any]:
    """The text of each callout, of a raw step or of a variant's words for one; None where it has none."""
    callouts = holder.get("callouts")
    listed = callouts if isinstance(callouts, list) else ()
    return [callout.get("text") if isinstance(callout, dict) else None for callout in listed]
