"""Assets by https, from hosts the operator allows; nothing by default."""

from __future__ import annotations

import threading
import time
from urllib.parse import urlsplit

import httpx2

from preview_worker.assets.apart import NEVER, unless
from preview_worker.errors import AssetError, TransientError

LARGEST_FETCH_BYTES = 64 * 1024 * 1024
FETCH_DEADLINE_S = 20.0
"""For a whole file, however slowly it drips."""


class AssetUnreachableError(TransientError):
    """The host of an https asset doesn't answer as it should; it may later."""

    default_code = "asset-unreachable"


class Fetcher:
    """Fetches whole files over https.

    Args:
        hosts: Host names that may be asked; an empty set allows none. Redirects are not followed.
    """

    def __init__(self, hosts: frozenset[str]) -> None:
        self._hosts = hosts

    def fetch(self, url: str, *, asset_id: str, ended: threading.Event = NEVER) -> bytes:
        """The bytes behind an address.

        Raises:
            AssetError: The host isn't allowed, the file is absent or too large (permanent).
            AssetUnreachableError: The host can't be reached or fails (transient).
            AbandonedError: The event was set meanwhile.
        """
        host = (urlsplit(url).hostname or "").lower()
        if host not in self._hosts:
            raise AssetError(
                f"Asset {asset_id} comes from {host}, which is not an allowed host.",
                code="asset-refused",
                hint="Add the host to PREVIEW_ASSET_HOSTS, or upload the file and name it by its path.",
            )
        try:
            return _read(url, asset_id, ended)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise AssetUnreachableError(f"Asset {asset_id} can't be fetched from {host}: {error}.") from error


def _read(url: str, asset_id: str, ended: threading.Event) -> bytes:
    ends_s = time.monotonic() + FETCH_DEADLINE_S
    with httpx2.stream("GET", url, timeout=FETCH_DEADLINE_S, follow_redirects=False) as answer:
        if answer.status_code >= 500:  # noqa: PLR2004 - the server's own fault, by RFC 9110
            raise AssetUnreachableError(f"Asset {asset_id}: its host answered {answer.status_code}.")
        if answer.status_code != 200:  # noqa: PLR2004
            raise AssetError(f"Asset {asset_id}: its host answered {answer.status_code}.", code="asset-refused")
        content = bytearray()
        for chunk in answer.iter_bytes():
            unless(ended)
            content += chunk
            if time.monotonic() > ends_s:
                raise AssetUnreachableError(f"Asset {asset_id} didn't arrive within {FETCH_DEADLINE_S:.0f} s.")
            if len(content) > LARGEST_FETCH_BYTES:
                raise AssetError(
                    f"Asset {asset_id} is larger than {LARGEST_FETCH_BYTES} bytes, the limit for https assets.",
                    code="asset-too-large",
                )
        return bytes(content)
