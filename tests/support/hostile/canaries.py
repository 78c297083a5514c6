"""A file that nobody may open and a port that nobody may call: each tells when somebody has."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager

PATIENCE_S = 30


class Canaries:
    """A pipe with a name, whose other end waits for a reader, and a listener of loopback.

    Args:
        folder: Where the pipe stands.
    """

    def __init__(self, folder):
        self.file = folder / "canary"
        os.mkfifo(self.file)
        self.reads = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._reader = threading.Thread(target=self._wait_for_readers, name="canary", daemon=True)
        self._over = False
        self._first_read = threading.Event()
        self._reader.start()

    def calls(self):
        """How many have called since the last time."""
        self._listener.setblocking(False)
        found = 0
        while True:
            try:
                self._listener.accept()[0].close()
            except BlockingIOError:
                return found
            found += 1

    def until_read(self):
        """Wait until somebody opens the file."""
        assert self._first_read.wait(PATIENCE_S), "nobody opened the file"

    def until_called(self):
        """Wait until somebody calls."""
        self._listener.settimeout(PATIENCE_S)
        self._listener.accept()[0].close()

    def close(self):
        """End both."""
        self._over = True
        os.close(os.open(self.file, os.O_RDONLY | os.O_NONBLOCK))
        self._reader.join(10)
        self._listener.close()

    def _wait_for_readers(self):
        while True:
            pipe = os.open(self.file, os.O_WRONLY)  # returns when somebody opens the other end
            if not self._over:
                self.reads += 1
                self._first_read.set()
            os.close(pipe)
            if self._over:
                return


class Watched:
    """System calls of a process that open files or reach for the network, once it has been let go."""

    def __init__(self):
        self.opened = set()
        self.reached = []


@contextmanager
def watching(pid, log):
    """Watch a process's system calls by strace; what it opened and reached for stands there behind the block."""
    watched = Watched()
    strace = shutil.which("strace")
    command = [strace, "-f", "-s", "512", "-e", "trace=%file,%network,openat2", "-o", str(log), "-p", str(pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        line = tracer.stderr.readline()
        assert "attached" in line, line
        yield watched
    finally:
        tracer.terminate()
        tracer.wait(10)
        tracer.stderr.close()
    for entry in log.read_text(errors="replace").splitlines():
        if re.search(r"\b(socket|connect|sendto|bind)\(", entry):
            watched.reached.append(entry)
        elif found := re.search(r'\b(?:open|openat|openat2|execve)\([^"]*"([^"]*)".*= \d', entry):
            watched.opened.add(found[1])
