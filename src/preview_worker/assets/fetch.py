"""Assets by https, from hosts the operator allows; nothing by default."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from preview_worker.assets.apart import NoThreadError, unless
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

    def fetch(self, url: str, *, asset_id: str, ended: threading.Event | None = None) -> bytes:
        """The bytes behind an address.

        Raises:
            AssetError: The host isn't allowed, the file is absent or too large (permanent).
            AssetUnreachableError: The host can't be reached or fails (transient).
            AbandonedError: The event was set meanwhile.
            NoThreadError: The thread that watches over the time can't be started.
        """
        host = (urlsplit(url).hostname or "").lower()
        if host not in self._hosts:
            raise AssetError(
                f"Asset {asset_id} comes from {host}, which is not an allowed host.",
                code="asset-refused",
                hint="Add the host to PREVIEW_ASSET_HOSTS, or upload the file and name it by its path.",
            )
        with _Line() as line:
            late = f"Asset {asset_id} from {host} didn't arrive within {FETCH_DEADLINE_S:g} s."
            try:
                content = _read(url, asset_id, line, ended)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                fault = late if line.is_shut else f"Asset {asset_id} from {host} can't be fetched: {error}."
                raise AssetUnreachableError(fault) from error
            if line.is_shut:  # which looks like the end of an answer that doesn't tell its length
                raise AssetUnreachableError(late)
            return content


class _Line:
    """The connection of one fetch, which is shut when the time is over, whatever the host is saying then.

    The client's own timeout counts anew with each byte.
    """

    def __init__(self) -> None:
        self.is_shut = False
        self._guard = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(FETCH_DEADLINE_S, self._shut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        try:
            self._timer.start()
        except RuntimeError as error:
            raise NoThreadError(str(error)) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._guard:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def heard(self, event: str, info: Mapping[str, Any]) -> None:
        """What the client tells of its steps: once it is connected we hold the connection, too."""
        if event == "connection.connect_tcp.complete":
            with self._guard:
                self._socket = info["return_value"].get_extra_info("socket").dup()
                self._end()

    def _shut(self) -> None:
        with self._guard:
            self.is_shut = True
            self._end()

    def _end(self) -> None:
        if self.is_shut and self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _read(url: str, asset_id: str, line: _Line, ended: threading.Event | None) -> bytes:
    heard = {"trace": line.heard}
    with httpx2.Client(timeout=FETCH_DEADLINE_S) as client, client.stream("GET", url, extensions=heard) as answer:
        if answer.status_code >= 500:  # noqa: PLR2004 - the server's own fault, by RFC 9110
            raise AssetUnreachableError(f"Asset {asset_id}: its host answered {answer.status_code}.")
        if answer.status_code != 200:  # noqa: PLR2004
            raise AssetError(f"Asset {asset_id}: its host answered {answer.status_code}.", code="asset-refused")
        content = bytearray()
        for chunk in answer.iter_bytes():
            unless(ended)
            content += chunk
            if len(content) > LARGEST_FETCH_BYTES:
                raise AssetError(
                    f"Asset {asset_id} is larger than {LARGEST_FETCH_BYTES} bytes, the limit for https assets.",
                    code="asset-too-large",
                )
        return bytes(content)
