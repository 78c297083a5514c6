"""Places of files as foreign files write them, reduced to what a payload may name."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from urllib.parse import urlsplit

from preview_worker.bridges.nearby import AUDIO_SUFFIXES
from preview_worker.contract.finding import writable
from preview_worker.contract.uri import PlaceKind, RefusedUriError, parse_uri

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?://[^/]*)?")
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
ELSEWHERE = "is a path of another machine; only its name is kept, so put the file below the project's assets"
ADDRESS = "is an address that is never read; only its name is kept, so put the file below the project's assets"
FOREIGN_HOST = (
    "is on a host that isn't in PREVIEW_ASSET_HOSTS; only its name is kept, so put the file below the project's assets"
)


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


def reduced(text: str, hosts: Container[str] = ()) -> Reduced:
    """Return the place that a text names: data and https as they are, relative paths in normal form, else the name.

    Args:
        text: The place as written.
        hosts: Hosts whose https addresses are kept; of others only the name is.

    Raises:
        NoPlaceError: nothing usable is left.
    """
    written = _CONTROLS.sub("", writable(text)).strip().strip("\"'").strip()
    if not written:
        raise NoPlaceError("names no file")
    lower = written.lower()
    if lower.startswith(("data:", "https:")):
        return _as_written(written, hosts)
    path = written.replace("\\", "/")
    if _DRIVE.match(path) or lower.startswith("file:"):
        return _name_of(path, ELSEWHERE)
    if _SCHEME.match(path):
        return _name_of(path, ADDRESS)
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


def _as_written(written: str, hosts: Container[str]) -> Reduced:
    try:
        place = parse_uri(written)
    except RefusedUriError as refused:
        raise NoPlaceError(refused.sentence) from None
    if place.kind is PlaceKind.HTTPS and (urlsplit(place.text).hostname or "") not in hosts:
        return _name_of(written, FOREIGN_HOST)
    return Reduced(uri=place.text, is_remote=place.kind is PlaceKind.HTTPS)


def _name_of(path: str, reason: str) -> Reduced:
    scheme = _SCHEME.match(path)
    below = re.split("[?#]", path[scheme.end() :], maxsplit=1)[0] if scheme is not None else path
    parts = [part for part in _DRIVE.sub("/", below, count=1).split("/") if part not in {"", ".", ".."}]
    if not parts:
        raise NoPlaceError("names no file")
    return Reduced(uri=_checked(parts[-1]), parent=parts[-2] if len(parts) > 1 else "", changed=reason)


def _checked(path: str) -> str:
    try:
        place = parse_uri(path)
    except RefusedUriError as refused:
        raise NoPlaceError(refused.sentence) from None
    if place.kind is not PlaceKind.PATH:
        raise NoPlaceError("names no file")
    return place.text
