"""One row of the table of settings, and how the text of each kind of value is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preview_worker.storage.watermarks import Watermark

_NUMBER = re.compile("-?[0-9]{1,18}")
_SHARE = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,2})?)%")
_SIZE = re.compile("([0-9]{1,15})(|KiB|MiB|GiB|TiB)")
_UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row of the table. `read` turns the text into the value or raises ValueError with what is allowed."""

    name: str
    field: str
    default: str
    unit: str
    meaning: str
    read: Callable[[str], Any]
    secret: bool = False


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def read(text: str) -> int:
        if not _NUMBER.fullmatch(text) or not lowest <= int(text) <= highest:
            raise ValueError(f"a whole number from {lowest} to {highest}")
        return int(text)

    return read


def one_of(*words: str) -> Callable[[str], str]:
    """One of some words, in whatever case."""

    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return text.lower()

    return read


def plain_name(text: str) -> str:
    """A name that a Redis key can hold as a part."""
    if not text or ":" in text or any(character.isspace() for character in text):
        raise ValueError("a name without colons and spaces")
    return text


def prefix(text: str) -> str:
    """A prefix of Redis keys."""
    if not text or any(character.isspace() for character in text):
        raise ValueError("a key prefix without spaces")
    return text


def redis_url(text: str) -> str | None:
    """The URL of a Redis; empty: None."""
    if text and not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("a URL that begins with redis://, rediss:// or unix://")
    return text or None


def hosts(text: str) -> frozenset[str]:
    """Host names separated by commas."""
    hosts = frozenset(host.strip().lower() for host in text.split(",") if host.strip())
    if any("/" in host or ":" in host for host in hosts):
        raise ValueError("host names separated by commas, without scheme and port")
    return hosts


def path(text: str) -> Path:
    """A folder, absolute."""
    try:
        return Path(text).expanduser().resolve()
    except RuntimeError:
        raise ValueError("a path; the home folder of that user is unknown") from None


def optional_path(text: str) -> Path | None:
    """A folder or nothing."""
    return path(text) if text else None


def address(text: str) -> str:
    """An address to listen on."""
    if not text or any(character.isspace() for character in text):
        raise ValueError("an address or host name")
    return text


def watermark(text: str) -> Watermark:
    """A share, a size, or both: ``10%``, ``2GiB``, ``10%,2GiB``; the smaller of both counts, 0 never does."""
    share, size_bytes = None, None
    for part in text.split(","):
        if (found := _SHARE.fullmatch(part.strip())) and share is None:
            share = float(found[1]) / 100
        elif (found := _SIZE.fullmatch(part.strip())) and size_bytes is None:
            size_bytes = int(found[1]) * _UNITS[found[2]]
        else:
            raise ValueError("a share such as 10%, a size such as 2GiB, or both with a comma between them")
    return Watermark(share=share, size_bytes=size_bytes)
