"""Measured facts of assets as JSON: between worker and render process, and in the cache of facts."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from preview_worker.render.protocol import ProtocolError
from preview_worker.timeline.model import (
    AssetFacts,
    MissingFacts,
    PictureFacts,
    SoundFacts,
    TimingFacts,
    UnprobedFacts,
)

FACTS_REVISION = 5
"""Raised whenever something else, or the same differently, is measured of an asset."""

_KINDS: Mapping[str, type[AssetFacts]] = {
    "picture": PictureFacts,
    "sound": SoundFacts,
    "timings": TimingFacts,
    "missing": MissingFacts,
    "unprobed": UnprobedFacts,
}


def facts_to_json(facts: AssetFacts) -> dict[str, Any]:
    """Facts of an asset as JSON, with their kind."""
    kind = next(name for name, known in _KINDS.items() if isinstance(facts, known))
    return {"kind": kind, **asdict(facts)}


def facts_from_json(value: Mapping[str, Any]) -> AssetFacts:
    """Facts of an asset from JSON.

    Raises:
        ProtocolError: They are of no known kind or lack a member.
    """
    kind = _KINDS.get(str(value.get("kind", "")))
    if kind is None:
        raise ProtocolError("Facts of an asset are of no known kind.")
    wanted = {entry.name for entry in fields(kind)}
    members: dict[str, Any] = {
        name: tuple(member) if isinstance(member, list) else member for name, member in value.items()
    }
    try:
        return kind(**{name: member for name, member in members.items() if name in wanted})
    except TypeError as error:
        raise ProtocolError(f"A {kind.__name__} object lacks a member.") from error


def known_facts(values: Mapping[str, Mapping[str, Any]]) -> dict[str, AssetFacts]:
    """Kept facts by hash; what isn't of a known shape counts as unknown, and is measured again."""
    known: dict[str, AssetFacts] = {}
    for sha256, value in values.items():
        with contextlib.suppress(ProtocolError):
            known[sha256] = facts_from_json(value)
    return known
