from __future__ import annotations

import socket
import threading
from contextlib import closing, suppress

import pytest

from preview_worker.assets import fetch
from preview_worker.assets.apart import AbandonedError, NoThreadError
from preview_worker.assets.fetch import AssetUnreachableError, Fetcher

PATIENCE_S = 20
BEGUN = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n"


class Host:
    """Answers one request with `begin`, then with a byte now and then for as long as somebody listens."""

    def __init__(self, begin):
        self._server = socket.create_server(("127.0.0.1", 0))
        self._begin = begin
        self._over = threading.Event()
        self.left = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.getsockname()[1]}/board.png"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._server.close()
        self._thread.join(PATIENCE_S)

    def _serve(self):
        with suppress(OSError), closing(self._server.accept()[0]) as connection:
            connection.recv(65536)
            connection.sendall(self._begin)
            while not self._over.wait(0.02):
                connection.sendall(b"x")
        self.left.set()


DRIPS = {
    "headers": b"HTTP/1.1 200 OK\r\nX-Never-Ends: ",
    "content": BEGUN + b"\r\n",
    "content of no length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    "an old host's content": b"HTTP/1.0 200 OK\r\n\r\n",
}


@pytest.mark.parametrize("begin", DRIPS.values(), ids=DRIPS)
def test_a_fetch_ends_at_its_deadline_however_the_host_drips(monkeypatch, begin):
    monkeypatch.setattr(fetch, "FETCH_DEADLINE_S", 0.5)
    with Host(begin) as host:
        with pytest.raises(AssetUnreachableError, match=r"didn't arrive within 0\.5 s"):
            Fetcher(frozenset({"127.0.0.1"})).fetch(host.url, asset_id="board")
        assert host.left.wait(PATIENCE_S)


def test_a_fetch_ends_when_it_is_connected_only_after_its_deadline(monkeypatch):
    real, shut = fetch._Line.heard, threading.Event()

    def late(line, event, info):
        if event == "connection.connect_tcp.complete":
            line._timer.join(PATIENCE_S)
            shut.set()
        real(line, event, info)

    monkeypatch.setattr(fetch, "FETCH_DEADLINE_S", 0.5)
    monkeypatch.setattr(fetch._Line, "heard", late)
    with Host(BEGUN + b"\r\n") as host:
        with pytest.raises(AssetUnreachableError, match=r"didn't arrive within 0\.5 s"):
            Fetcher(frozenset({"127.0.0.1"})).fetch(host.url, asset_id="board")
        assert shut.is_set()


def test_it_is_told_when_the_thread_that_watches_over_the_time_can_not_be_started(monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Timer, "start", refuse)
    with pytest.raises(NoThreadError):
        Fetcher(frozenset({"127.0.0.1"})).fetch("https://127.0.0.1/board.png", asset_id="board")


def test_a_fetch_ends_at_the_next_bytes_once_nobody_waits():
    ended = threading.Event()
    ended.set()
    with Host(BEGUN + b"\r\n") as host:
        with pytest.raises(AbandonedError):
            Fetcher(frozenset({"127.0.0.1"})).fetch(host.url, asset_id="board", ended=ended)
        assert host.left.wait(PATIENCE_S)


def test_what_a_host_sends_in_time_is_whole():
    with Host(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nboard") as host:
        assert Fetcher(frozenset({"127.0.0.1"})).fetch(host.url, asset_id="board") == b"board"
