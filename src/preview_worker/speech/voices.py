"""Which draft voices there are, and which of them speaks a language: files are read, nothing of theirs is loaded."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path

SPEECH_REVISION = 1
"""Raised whenever the same words would be spoken as other samples."""
DISTRIBUTION, PACKAGE = "espeakng-loader", "espeakng_loader"
_DATA, _VOICE_LINE = "espeak-ng-data", "language"
WORDS_PER_MINUTE = {"fr": 135}
"""The pace by which lengths are estimated, too."""
USUAL_WORDS_PER_MINUTE = 145
REMEMBERED_KEYS = 1024
"""Two tutorials' worth: a job asks for each of its keys several times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Words in one voice.

    Attributes:
        text: What is said.
        voice: One of `known_voices`.
        words_per_minute: The pace.
    """

    text: str
    voice: str
    words_per_minute: int

    @property
    def key(self) -> str:
        """SHA-256 of all that decides the samples."""
        return _key(self)


@lru_cache(maxsize=REMEMBERED_KEYS)
def _key(utterance: Utterance) -> str:
    content = asdict(utterance) | {"revision": SPEECH_REVISION, "engine": _engine_version()}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@cache
def _engine_version() -> str:
    """Read once: it takes 0.4 ms, and each step asks for it."""
    return importlib.metadata.version(DISTRIBUTION)


def data_folder() -> Path | None:
    """Where eSpeak NG's voices are; None where the extra isn't installed."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / _DATA
    return folder if folder.is_dir() else None


@cache
def known_voices(folder: Path) -> Mapping[str, str]:
    """The voice for each language tag that a data folder's voices claim, in lower case: ``en-gb`` is spoken by ``en``.

    A voice goes by its file's name. Asked for by a language that it merely claims, the library says nothing at all.
    """
    files = [file for file in sorted((folder / "lang").rglob("*")) if file.is_file()]
    voices: dict[str, str] = {}
    for file in files:
        lines = (line.split() for line in file.read_text(encoding="utf-8", errors="replace").splitlines())
        claimed = (words[1].lower() for words in lines if len(words) > 1 and words[0] == _VOICE_LINE)
        for tag in claimed:
            voices.setdefault(tag, file.name.lower())
    return voices | {file.name.lower(): file.name.lower() for file in files}


def voice_for(language: str, wanted: str | None, known: Mapping[str, str]) -> str | None:
    """The wanted voice where it is known, else the one that is nearest to a BCP 47 tag; None if there is none."""
    if wanted is not None and wanted.lower() in known:
        return known[wanted.lower()]
    parts = language.lower().split("-")
    tags = ("-".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((known[tag] for tag in tags if tag in known), None)


def utterance_of(text: str, voice: str) -> Utterance:
    """Words as a voice says them, at the pace of its language."""
    pace = WORDS_PER_MINUTE.get(voice.split("-", maxsplit=1)[0], USUAL_WORDS_PER_MINUTE)
    return Utterance(text=" ".join(text.split()), voice=voice, words_per_minute=pace)
