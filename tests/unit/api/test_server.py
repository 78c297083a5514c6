"""The socket that is listened on."""

from __future__ import annotations

import socket

from preview_worker.api.server import listening


def test_a_connection_sends_at_once_what_is_written_when_it_was_accepted():
    with listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
