"""Where an asset may come from: a path below the project's assets, `https:` or `data:`; anything else is refused."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from preview_worker.contract.finding import Code

DATA_MAX_BYTES = 2 * 1024 * 1024
URI_MAX_CHARACTERS = 2048
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_DATA = re.compile(r"data:(?:image|audio)/[A-Za-z0-9.+-]+(?:;[A-Za-z0-9=.+-]+)*;base64,", re.IGNORECASE)


class PlaceKind(StrEnum):
    """How an asset is reached."""

    PATH = "path"
    HTTPS = "https"
    DATA = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A checked place of an asset.

    Attributes:
        kind: How it is reached.
        text: The URI; for a path its normal form: `/` between parts, no empty or "." parts, NFC.
    """

    kind: PlaceKind
    text: str


class RefusedUriError(ValueError):
    """A place assets are never read from.

    Args:
        sentence: Completes "<field> …".
        code: `refused-uri`, `too-large` or `unsupported-field`.
        hint: What to do instead.
    """

    def __init__(self, sentence: str, *, code: Code = Code.REFUSED_URI, hint: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.hint = hint


def parse_uri(uri: str) -> Place:
    """Classify an asset's uri or path.

    Nothing is percent-decoded: a name may hold ``%``. Whether a host is allowed is decided where it is fetched.

    Raises:
        RefusedUriError: absolute, with a drive or "..", of another scheme, malformed, or too long.
    """
    if uri[:5].lower() == "data:":
        return _data(uri)
    if not uri or not uri.strip():
        raise RefusedUriError("must not be empty")
    if len(uri) > URI_MAX_CHARACTERS:
        raise RefusedUriError(f"has {len(uri)} characters; at most {URI_MAX_CHARACTERS} are allowed")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in uri):
        raise RefusedUriError("must not hold control characters", hint="look for a line end at the end of the name")
    text = uri.replace("\\", "/")
    scheme = _SCHEME.match(text)
    if scheme is None:
        return _path(text)
    return _remote(scheme.group().lower(), uri)


def _path(text: str) -> Place:
    if text.startswith("/"):
        raise RefusedUriError("must not be an absolute path", hint="name the file below the project's assets folder")
    parts = [part for part in unicodedata.normalize("NFC", text).split("/") if part not in {"", "."}]
    if ".." in parts:
        raise RefusedUriError('must not leave the project\'s assets folder by ".."')
    if not parts:
        raise RefusedUriError("must name a file")
    return Place(kind=PlaceKind.PATH, text="/".join(parts))


def _remote(scheme: str, uri: str) -> Place:
    if scheme == "https:":
        return _https(uri)
    if scheme == "s3:":
        raise RefusedUriError("uses s3:, which is reserved for later work", code=Code.UNSUPPORTED_FIELD)
    if scheme == "http:":
        raise RefusedUriError("uses http:, which is not encrypted", hint="use https:")
    if len(scheme) == len("c:"):
        hint = "name the file below the project's assets folder"
        raise RefusedUriError("must not name a drive", hint=hint)
    raise RefusedUriError(f"uses {scheme}, which is not supported", hint="use a relative path, https: or data:")


def _https(uri: str) -> Place:
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise RefusedUriError("is no valid https address") from None
    if not host or port == 0 or " " in uri or "\\" in uri:
        raise RefusedUriError("is no valid https address")
    if parts.username is not None or parts.password is not None:
        raise RefusedUriError("must not hold a user name or password")
    return Place(kind=PlaceKind.HTTPS, text=uri)


def _data(uri: str) -> Place:
    head = _DATA.match(uri[:256])
    if head is None:
        raise RefusedUriError("must be like data:image/png;base64,… or data:audio/wav;base64,…")
    encoded = uri[head.end() :]
    if len(encoded) // 4 * 3 > DATA_MAX_BYTES:
        sentence = f"holds more than {DATA_MAX_BYTES} bytes of data"
        raise RefusedUriError(sentence, code=Code.TOO_LARGE, hint="upload the file and name it by its path")
    try:
        base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise RefusedUriError("holds data that is not base64") from None
    return Place(kind=PlaceKind.DATA, text=uri)
