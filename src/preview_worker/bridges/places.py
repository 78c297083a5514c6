"""Places of files as foreign files write them, reduced to what a payload may name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from preview_worker.bridges.nearby import AUDIO_SUFFIXES
from preview_worker.contract.finding import writable
from preview_worker.contract.uri import PlaceKind, RefusedUriError, parse_uri

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
ELSEWHERE = "is a path of another machine; only its name is kept, so put the file below the project's assets"
ADDRESS = "is an address that is never read; only its name is kept, so put the file below the project's assets"
HOST = "is kept as an address; a service reads it only when its host is in PREVIEW_ASSET_HOSTS"


class NoPlaceError(ValueError):
    """A text names no file that a payload may name; its sentence completes "<place> …"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """A place that a payload may name.

    Attributes:
        uri: For the payload.
        parent: Name of the folder that was left out, `""` when none was.
        changed: What happened to the place, None when it is kept as it is.
        is_remote: Whether it is an https address.
    """

    uri: str
    parent: str = ""
    changed: str | None = None
    is_remote: bool = False


def reduced(text: str) -> Reduced:
    """Return the place that a text names: data and https as they are, relative paths in normal form, else the name.

    Raises:
        NoPlaceError: nothing usable is left.
    """
    written = _CONTROLS.sub("", writable(text)).strip().strip("\"'").strip()
    if not written:
        raise NoPlaceError("names no file")
    lower = written.lower()
    if lower.startswith(("data:", "https:")):
        return _as_written(written)
    path = written.replace("\\", "/")
    if _DRIVE.match(path) or lower.startswith("file:"):
        return _name_of(path, ELSEWHERE)
    if _SCHEME.match(path):
        return _name_of(re.split("[?#]", path, maxsplit=1)[0], ADDRESS)
    if path.startswith(("/", "~")) or ".." in path.split("/"):
        return _name_of(path, ELSEWHERE)
    return Reduced(uri=_checked(path))


def is_audio(uri: str) -> bool:
    """Tell whether a place has the suffix of a sound."""
    return uri.lower().endswith(AUDIO_SUFFIXES)


def stem_of(uri: str) -> str:
    """Return the file's name without its suffix, `""` for data."""
    if uri[:5].lower() == "data:":
        return ""
    name = re.split("[?#]", uri, maxsplit=1)[0].rstrip("/").rpartition("/")[2]
    return name.rpartition(".")[0] or name


def _as_written(written: str) -> Reduced:
    try:
        place = parse_uri(written)
    except RefusedUriError as refused:
        raise NoPlaceError(refused.sentence) from None
    return Reduced(uri=place.text, is_remote=place.kind is PlaceKind.HTTPS)


def _name_of(path: str, reason: str) -> Reduced:
    parts = [part for part in path.split("/") if part not in {"", ".", ".."}]
    name = parts[-1] if parts else ""
    parent = parts[-2] if len(parts) > 1 and not _SCHEME.match(parts[-2]) and not _DRIVE.match(parts[-2]) else ""
    return Reduced(uri=_checked(_DRIVE.sub("", name, count=1)), parent=parent, changed=reason)


def _checked(path: str) -> str:
    try:
        place = parse_uri(path)
    except RefusedUriError as refused:
        raise NoPlaceError(refused.sentence) from None
    if place.kind is not PlaceKind.PATH:
        raise NoPlaceError("names no file")
    return place.text
