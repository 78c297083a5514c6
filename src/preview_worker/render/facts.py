"""Measured facts of files as JSON: between worker and render process, and in the cache of facts.

A render process works on foreign files, and what it measured is kept for all projects by a file's hash: facts are
believed only if they are such as some file of a kind we take has.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cache
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, Strict, TypeAdapter, ValidationError, model_validator

from preview_worker.render.protocol import ProtocolError
from preview_worker.timeline.loudness import HOP_SAMPLES, SILENCE_DB10
from preview_worker.timeline.model import PictureFacts, SoundFacts, TimingFacts
from preview_worker.timeline.time import SAMPLE_RATE_HZ
from preview_worker.timeline.timing_json import MOST_WORDS
from preview_worker.timeline.timings import LONGEST_FILE_BYTES, LONGEST_MS

FACTS_REVISION = 5
"""Raised whenever something else, or the same differently, is measured of an asset."""
MOST_PIXELS: Final = 25_000_000
LONGEST_SAMPLES: Final = 3600 * SAMPLE_RATE_HZ
HIGHEST_SAMPLE: Final = 1e4
MOST_CHANNELS: Final = 8
"""What `render.child` measures no file beyond; the worker can't ask it."""
ANNOUNCED_SAMPLES_MAX: Final = 2**53 - 1
"""A sound may announce any length, which is told as this one if it is longer."""
LOUDEST_DB10: Final = 1000
"""The highest sample is 800 tenths of a decibel above full scale; two sides and the weighting's 4 dB add 70."""
_MOST_HOPS: Final = -(-LONGEST_SAMPLES // HOP_SAMPLES)
_MOST_SEAM_HOPS: Final = 3
_LAST_WORD_MS: Final = 500
"""How long a word lasts whose end nobody has told."""

MeasuredFacts = PictureFacts | SoundFacts | TimingFacts
"""What a file may turn out to be."""

_Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
_Side = Annotated[int, Field(ge=1, le=MOST_PIXELS)]
_Level = Annotated[int, Strict(), Field(ge=SILENCE_DB10, le=LOUDEST_DB10)]
_Levels = Annotated[tuple[_Level, ...], Strict(strict=False), Field(min_length=1, max_length=_MOST_HOPS)]
_SeamLevels = Annotated[tuple[_Level, ...], Strict(strict=False), Field(min_length=1, max_length=_MOST_SEAM_HOPS)]
_Text = Annotated[str, Strict()]
_Time = Annotated[int, Strict(), Field(ge=0, le=LONGEST_MS + _LAST_WORD_MS)]
_Times = Annotated[tuple[_Time, ...], Strict(strict=False), Field(min_length=1, max_length=MOST_WORDS)]
_Texts = Annotated[tuple[_Text, ...], Strict(strict=False), Field(min_length=1, max_length=MOST_WORDS)]


def facts_to_json(facts: MeasuredFacts) -> dict[str, Any]:
    """Facts of a file as JSON, with their kind."""
    kind = next(name for name, known in _KINDS.items() if isinstance(facts, known))
    return {"kind": kind, **asdict(facts)}


def facts_from_json(sha256: str, value: Mapping[str, Any]) -> MeasuredFacts:
    """Facts of the file of that hash from JSON.

    Raises:
        ProtocolError: They are of no known kind, of another file, or such as no file has.
    """
    try:
        told = _adapter().validate_python(value)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise ProtocolError(f"The render process measured of a file what can't be: {place[:80]!r}.") from error
    if told.sha256 != sha256:
        raise ProtocolError(f"The render process told facts of another file as those of {sha256[:80]!r}.")
    kind = _KINDS[told.kind]
    return kind(**{member.name: getattr(told, member.name) for member in fields(kind)})


def known_facts(values: Mapping[str, Mapping[str, Any]]) -> dict[str, MeasuredFacts]:
    """Kept facts by hash; what isn't such as some file has counts as unknown, and is measured again."""
    known: dict[str, MeasuredFacts] = {}
    for sha256, value in values.items():
        with contextlib.suppress(ProtocolError):
            known[sha256] = facts_from_json(sha256, value)
    return known


class _Told(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    sha256: _Hash


class _Picture(_Told):
    kind: Literal["picture"]
    width_px: _Side
    height_px: _Side
    has_alpha: bool

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.width_px * self.height_px > MOST_PIXELS:
            raise ValueError
        return self


class _Sound(_Told):
    kind: Literal["sound"]
    duration_samples: Annotated[int, Field(ge=1, le=LONGEST_SAMPLES)]
    channels: Annotated[int, Field(ge=0, le=MOST_CHANNELS)]
    peak: Annotated[float, Field(ge=0, le=HIGHEST_SAMPLE)]
    loudness_db10: _Levels
    peak_db10: _Levels
    seam_db10: _SeamLevels
    seam_peak_db10: _SeamLevels
    announced_samples: Annotated[int, Field(ge=0, le=ANNOUNCED_SAMPLES_MAX)] | None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        hops = -(-self.duration_samples // HOP_SAMPLES)
        if not len(self.loudness_db10) == len(self.peak_db10) == hops:
            raise ValueError
        if not len(self.seam_db10) == len(self.seam_peak_db10) <= hops:
            raise ValueError
        return self


class _Timings(_Told):
    kind: Literal["timings"]
    texts: _Texts
    starts_ms: _Times
    ends_ms: _Times

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if not len(self.texts) == len(self.starts_ms) == len(self.ends_ms):
            raise ValueError
        letters = "".join(self.texts)
        letters.encode()  # half a letter can't be written down
        if len(letters) > LONGEST_FILE_BYTES or list(self.starts_ms) != sorted(self.starts_ms):
            raise ValueError
        if any(end < start for start, end in zip(self.starts_ms, self.ends_ms, strict=True)):
            raise ValueError
        return self


_KINDS: Final[Mapping[str, type[MeasuredFacts]]] = {
    "picture": PictureFacts,
    "sound": SoundFacts,
    "timings": TimingFacts,
}


@cache
def _adapter() -> TypeAdapter[_Picture | _Sound | _Timings]:
    return TypeAdapter(Annotated[_Picture | _Sound | _Timings, Field(discriminator="kind")])
