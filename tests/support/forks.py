"""Render processes as the service starts them: forked, from one server for all the tests of a process."""

from __future__ import annotations

import atexit
import functools

from preview_worker.render.fork_server import ForkServer, has_fork_server
from preview_worker.render.launching import Program


@functools.cache
def shared_server():
    """The server, started by its first use; None where there is none."""
    if not has_fork_server():
        return None
    server = ForkServer().__enter__()
    atexit.register(server.__exit__, None, None, None)
    return server


def forked():
    """How to start a render process: by fork, or as a program where nothing can be forked."""
    return shared_server() or Program()
