from __future__ import annotations

import os
import socket
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from preview_worker.state.redis_location import (
    DEFAULT_URL,
    MAXIMUM_SOCKET_PATH_BYTES,
    find_redis_url,
    probe,
    server_answers,
    socket_path,
    socket_url,
)


@pytest.fixture
def data_dir():
    with tempfile.TemporaryDirectory(prefix="pvw-") as folder:  # short: a socket's path is limited
        yield Path(folder)


@contextmanager
def answering(path, answer):
    """A server that gives one client this answer."""
    path.parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(64)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join()


def test_the_configured_url_wins(data_dir):
    assert find_redis_url("redis://elsewhere:6380/1", data_dir) == "redis://elsewhere:6380/1"


@pytest.mark.parametrize("configured", [None, ""])
def test_the_usual_port_is_used_when_nothing_is_configured_and_nobody_answers(configured, data_dir):
    assert find_redis_url(configured, data_dir) == DEFAULT_URL


@pytest.mark.parametrize("answer", [b"+PONG\r\n", b"-LOADING data\r\n", b"-NOAUTH no\r\n"])
def test_the_embedded_socket_is_used_when_a_server_answers_there(data_dir, answer):
    with answering(socket_path(data_dir), answer):
        assert find_redis_url(None, data_dir) == socket_url(socket_path(data_dir))


def test_something_that_speaks_otherwise_is_no_server(data_dir):
    with answering(socket_path(data_dir), b"HTTP/1.1 400 Bad Request\r\n"):
        assert not server_answers(socket_path(data_dir))


def test_a_socket_nobody_answers_on_gives_nothing(data_dir):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(data_dir / "mute.sock"))
        listener.listen()
        assert probe(data_dir / "mute.sock", 0.05) == b""


def test_a_path_the_kernel_refuses_gives_nothing(data_dir):
    assert probe(data_dir / ("x" * 200)) == b""


def test_the_socket_lies_in_the_data_folder_when_its_path_is_short():
    assert socket_path(Path("/data")) == Path("/data/valkey/valkey.sock")


def test_the_socket_lies_in_a_short_folder_of_its_own_when_the_path_is_long():
    one = socket_path(Path("/data") / ("é" * 60))
    other = socket_path(Path("/data") / ("è" * 60))

    assert len(os.fsencode(one)) <= MAXIMUM_SOCKET_PATH_BYTES
    assert one != other
    assert one == socket_path(Path("/data") / ("é" * 60))


def test_a_relative_data_folder_names_the_same_socket_as_its_absolute_path():
    assert socket_path(Path("data")) == socket_path(Path.cwd() / "data")


def test_a_sockets_url_escapes_what_a_url_cannot_hold():
    assert socket_url(Path("/my data/50%?#.sock")) == "unix:///my%20data/50%25%3F%23.sock"
