"""How a render process comes into being: what the worker's side gets of it, and the plain way, a program of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from preview_worker.errors import RenderStartError
from preview_worker.render.lifecycle import SandboxTerms
from preview_worker.render.protocol import LONGEST_LINE_BYTES

CHILD_COMMAND: Final = (sys.executable, "-P", "-m", "preview_worker.render.child")
_KEPT_VARIABLES: Final = (
    *("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "PYTHONPATH"),
    *("OPENCV_CPU_DISABLE", "NPY_DISABLE_CPU_FEATURES"),
)
"""Variables a render process inherits; secrets of the service aren't among them."""
TOLD_WITHIN_S: Final = 1.0
"""How long it may take after a process's end until its exit code is told."""
CHILD_VARIABLES: Final = {
    "PYTHONUNBUFFERED": "1",
    # The processes of a job share the work; the libraries' pools would only fight over the same cores.
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    # One arena per thread kept 20 MB more of freed frames (glibc).
    "MALLOC_ARENA_MAX": "2",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """A process that has been started and leads a process group of its own.

    Attributes:
        pid: Process id, and id of its group.
        stdin: What it reads.
        stdout: What it writes.
        stderr: What it complains of.
        alive: Whether it hasn't ended.
        ended: Waits for its end; gives its exit code, below zero the signal that ended it. Any number may wait.
        close: Gives our ends of its streams back.
    """

    pid: int
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader
    alive: Callable[[], bool]
    ended: Callable[[], Coroutine[Any, Any, int]]
    close: Callable[[], None]


class Launch(Protocol):
    """Starts render processes."""

    async def __call__(self, folder: Path, terms: SandboxTerms, /, *, patience_s: float) -> Launched:
        """Start one.

        Args:
            folder: In which it works.
            terms: Of its sandbox.
            patience_s: Longest time.

        Raises:
            RenderStartError: There is no process (retryable).
            RenderStuckError: There is none in time (retryable).
        """
        ...


class Program:
    """`Launch` of a program: it imports all that it needs, for a second or more.

    Args:
        command: Folder, our process id and the terms are appended.
    """

    def __init__(self, command: Sequence[str] = CHILD_COMMAND) -> None:
        self._command = tuple(command)

    async def __call__(self, folder: Path, terms: SandboxTerms, /, *, patience_s: float) -> Launched:  # noqa: ARG002 - it is there at once
        """See `Launch`."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                str(folder),
                str(os.getpid()),
                terms.as_argument(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=folder,
                env=child_environment(),
                limit=LONGEST_LINE_BYTES,
                start_new_session=True,
            )
        except OSError as error:
            raise RenderStartError(f"No render process can be started: {error.strerror}.") from error
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise RuntimeError("A process was started without the streams it was asked to have.")
        return Launched(
            pid=process.pid,
            stdin=process.stdin,
            stdout=process.stdout,
            stderr=process.stderr,
            alive=lambda: process.returncode is None,
            ended=process.wait,
            close=process.stdin.close,  # asyncio closes the others when it has ended
        )


def child_environment() -> dict[str, str]:
    """The variables of a render process."""
    return {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ} | CHILD_VARIABLES
