"""The embedded server: started, watched and ended by us, and never left behind."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import stat
import time
from pathlib import Path
from typing import Final, Self

from preview_worker.errors import ConfigurationError, QueueUnavailableError
from preview_worker.posix import dying_with_parent
from preview_worker.state.redis_location import READY, probe, server_answers, server_folder, socket_path, socket_url
from preview_worker.state.valkey_binary import find_server_binary

LOG_NAME: Final = "valkey.log"
MAXIMUM_LOG_BYTES: Final = 1 << 20
START_WITHIN_S: Final = 30.0
"""A large append-only file takes seconds to load."""
STOP_WITHIN_S: Final = 10.0
TAKE_OVER_WITHIN_S: Final = 2.0
"""A killed server is gone within milliseconds; a busy machine may need more."""

_POLL_S: Final = 0.02


class EmbeddedServer:
    """One Valkey on ``DATA_DIR/valkey/valkey.sock``, as an async context manager.

    Every write is on disk before it is answered (append-only file, fsync always), and nothing is ever evicted. The
    server lives in a session of its own, so Ctrl-C reaches us and not it, and dies with us: the kernel kills it when
    the thread that started it ends, so enter from the thread that lives as long as the process.

    Args:
        data_dir: DATA_DIR; the server's files go to ``valkey/`` below it, mode 0700.
        port: Also listen on this loopback port, for producers that can't use a unix socket.
        binary: Server program; found by itself if None.
        take_over_within_s: How long to wait for the server of a run that just ended.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        binary: Path | None = None,
        take_over_within_s: float = TAKE_OVER_WITHIN_S,
    ) -> None:
        self._folder = server_folder(data_dir)
        self._socket = socket_path(data_dir)
        self._port = port
        self._binary = binary
        self._take_over_within_s = take_over_within_s
        self._process: asyncio.subprocess.Process | None = None
        self._lock_file: int | None = None

    @property
    def url(self) -> str:
        """The ``unix://`` URL clients use."""
        return socket_url(self._socket)

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    @property
    def log_path(self) -> Path:
        """What the server wrote about itself."""
        return self._folder / LOG_NAME

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.stop()

    async def wait(self) -> int:
        """Return the server's exit status once it has ended, for whatever reason; the caller decides what follows."""
        if self._process is None:
            raise RuntimeError("the server was not started")
        return await self._process.wait()

    async def stop(self) -> None:
        """End the server in order, or by force after 10 s; safe to call twice."""
        process = self._process
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_WITHIN_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._lock_file is not None:
            if process is not None:
                self._socket.unlink(missing_ok=True)
            os.close(self._lock_file)
            self._lock_file = None

    async def _start(self) -> None:
        """Start the server and wait until it serves.

        Raises:
            ConfigurationError: No program, or the folder is another server's or another user's (permanent).
            QueueUnavailableError: It ended at once or didn't serve in time (retryable).
        """
        binary = self._binary or find_server_binary()
        _private_folder(self._folder)
        _private_folder(self._socket.parent)
        self._lock_file = await _locked(self._folder / "lock", self._take_over_within_s)
        if await asyncio.to_thread(server_answers, self._socket):
            raise ConfigurationError(
                f"A server that isn't ours answers on {self._socket}; stop it, or set REDIS_URL to use it."
            )
        self._socket.unlink(missing_ok=True)  # of a server that was killed
        log_file = _opened_log(self.log_path)
        try:
            self._process = await asyncio.create_subprocess_exec(
                binary,
                *self._arguments(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                start_new_session=True,
                # The server inherits the lock: while it lives no second one can open the same append-only file.
                pass_fds=(self._lock_file,),
                preexec_fn=dying_with_parent(),
            )
        finally:
            os.close(log_file)
        await self._ready(self._process)

    def _arguments(self) -> list[str]:
        arguments = {
            "--port": str(self._port or 0),
            "--bind": "127.0.0.1",
            "--unixsocket": str(self._socket),
            "--unixsocketperm": "700",
            "--dir": str(self._folder),
            "--appendonly": "yes",
            "--appendfsync": "always",
            "--save": "",
            "--maxmemory-policy": "noeviction",
            "--daemonize": "no",
            "--logfile": "",
        }
        return [part for pair in arguments.items() for part in pair]

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        deadline_s = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline_s:
            if process.returncode is not None:
                last_line = _last_line(self.log_path)
                raise QueueUnavailableError(
                    f"The embedded Redis server ended at once (status {process.returncode}): {last_line}",
                    hint=f"Its log is {self.log_path}.",
                )
            if (await asyncio.to_thread(probe, self._socket)).startswith(READY):
                return
            await asyncio.sleep(_POLL_S)
        raise QueueUnavailableError(
            f"The embedded Redis server didn't serve within {START_WITHIN_S:.0f} s.",
            hint=f"Its log is {self.log_path}.",
        )


async def _locked(path: Path, within_s: float) -> int:
    """Lock the server's folder for this process and the server it will start; returns the open file.

    Raises:
        ConfigurationError: If another run holds it beyond the moment a dying one needs.
    """
    lock_file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    deadline_s = time.monotonic() + within_s
    while True:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline_s:
                await asyncio.sleep(_POLL_S)
                continue
            os.close(lock_file)
            raise ConfigurationError(
                f"An embedded Redis server of another run uses {path.parent}; stop that run, or use another DATA_DIR."
            ) from None
        except BaseException:
            os.close(lock_file)
            raise
        return lock_file


def _private_folder(folder: Path) -> None:
    """Make a folder that only this user can enter.

    Raises:
        ConfigurationError: It can't be made, or something else stands there: it could be anybody's, the temporary
            folder is shared.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise ConfigurationError(
            f"{folder} can't be made: {error.strerror or error}; DATA_DIR must be a folder this user can write to."
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise ConfigurationError(f"{folder} must be a folder of the user who runs the service; remove what is there.")
    folder.chmod(0o700)


def _opened_log(path: Path) -> int:
    """Open the log for appending; a large one starts anew, for the server never rotates it."""
    large = path.exists() and path.stat().st_size > MAXIMUM_LOG_BYTES
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | (os.O_TRUNC if large else 0)
    return os.open(path, flags, 0o600)


def _last_line(path: Path) -> str:
    lines = path.read_bytes()[-4096:].decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it wrote nothing"
