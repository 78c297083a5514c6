"""Makes the pieces of one job in several processes: helpers are forked from the render process and end with the job.

Threads would share the interpreter: a quarter of each core went into waiting for its lock. A helper begins with all the
plan, the fonts and the code in memory that both share until one of them writes to it, works on one core, and tells
what it has made over a pipe. It dies with the render process, and the render process dies its helper's death.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Protocol, Self

from preview_worker.errors import RenderCrashError
from preview_worker.render.child.failures import failure_of
from preview_worker.render.child.limits import die_with
from preview_worker.render.child.pieces import Made, Piece, WorkList
from preview_worker.render.protocol import Failed
from preview_worker.sandbox.confinement import start_no_processes

MOST_PROCESSES = 8
"""Each takes some 80 MB of its own; more would wait for the longest piece anyway."""

Advance = Callable[[int], None]
"""Told of frames that were finished, 0 for other work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Who is told of the work, from several threads.

    Attributes:
        advanced: Frames of a piece were finished.
        made: A piece was finished.
    """

    advanced: Callable[[Piece, int], None]
    made: Callable[[Piece, Made], None]


class _Line(Protocol):
    """One end of a pipe for pickled objects."""

    def send(self, obj: Any, /) -> None: ...

    def recv(self) -> Any: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Helper:
    process: BaseProcess
    line: _Line


class Crew:
    """This process and its helpers; within the ``with`` block the helpers are at work.

    Args:
        make: Makes one piece.
        pieces: All that is to be made, in order.
        processes: How many processes may work, this one among them; there are no more than pieces, and at most 8.
        report: Told of the work.
    """

    def __init__(
        self, make: Callable[[Piece, Advance], Made], pieces: Sequence[Piece], processes: int, report: Report
    ) -> None:
        count = max(1, min(processes if can_fork() else 1, len(pieces), MOST_PROCESSES))
        self._make = make
        self._pieces = {piece.key: piece for piece in pieces}
        self._work = WorkList(pieces, count)
        self._report = report
        self._own = count - 1
        self._helpers: list[_Helper] = []
        self._feeders: list[threading.Thread] = []
        self._failure: Exception | None = None
        self._leaving = False

    def __enter__(self) -> Self:
        # All are forked before the first thread begins: a fork takes only the forking thread along. Where the system is
        # at a limit, those that are there take over what the others would have made.
        with contextlib.suppress(OSError):
            while len(self._helpers) < self._own:
                self._helpers.append(self._fork())
        self._feeders = [
            threading.Thread(target=self._feed, args=(number, helper), name=f"helper-{number}")
            for number, helper in enumerate(self._helpers)
        ]
        for feeder in self._feeders:
            feeder.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        for helper in self._helpers:
            helper.process.kill()
        for feeder in self._feeders:
            feeder.join()
        for helper in self._helpers:
            helper.process.join()
            helper.line.close()

    @property
    def missing(self) -> int:
        """How many helpers could not be started."""
        return self._own - len(self._helpers)

    @property
    def helper_pids(self) -> tuple[int, ...]:
        """Process ids of the helpers."""
        return tuple(helper.process.pid or 0 for helper in self._helpers)

    def work(self) -> None:
        """Make pieces until none is left, and wait for the helpers'; after a failure no further piece is begun.

        Raises:
            PreviewError: The first failure.
        """
        while self._failure is None and (piece := self._work.take(self._own)) is not None:
            self._report.made(piece, self._make(piece, self._advance(piece)))
        for feeder in self._feeders:
            feeder.join()
        if self._failure is not None:
            raise self._failure

    def _advance(self, piece: Piece) -> Advance:
        return lambda frames: self._report.advanced(piece, frames)

    def _fork(self) -> _Helper:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(target=self._serve, args=(theirs, ours, os.getpid()), daemon=True)
        try:
            process.start()
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        return _Helper(process=process, line=ours)

    def _serve(self, line: _Line, other_end: _Line, parent_pid: int) -> None:
        """A helper's life: make what it is told to, until it is killed or left alone."""
        other_end.close()
        die_with(parent_pid)
        start_no_processes()
        while True:
            try:
                piece = self._pieces[line.recv()]
            except EOFError:
                return
            try:
                line.send(self._make(piece, line.send))
            except Exception as error:  # noqa: BLE001 - the border of the process
                line.send(failure_of(error))

    def _feed(self, number: int, helper: _Helper) -> None:
        """Give a helper one piece after the other, and pass on what it tells."""
        try:
            while self._failure is None and (piece := self._work.take(number)) is not None:
                helper.line.send(piece.key)
                self._report.made(piece, self._listen(piece, helper))
        except Exception as error:  # noqa: BLE001 - raised again by `work`
            self._failure = self._failure or error

    def _listen(self, piece: Piece, helper: _Helper) -> Made:
        while True:
            try:
                message = helper.line.recv()
            except (EOFError, ConnectionError) as error:
                raise self._death_of(helper) from error
            match message:
                case int():
                    self._report.advanced(piece, message)
                case Made():
                    return message
                case Failed():
                    raise message.error()

    def _death_of(self, helper: _Helper) -> RenderCrashError:
        """A helper that was ended by a signal takes this process with it: the worker sees one death, and its cause."""
        helper.process.join()
        code = helper.process.exitcode or 0
        if code < 0 and not self._leaving:
            os.kill(os.getpid(), -code)
        return RenderCrashError(f"A helper of the render process ended with code {code}.")


def can_fork() -> bool:
    """Whether a process with libraries loaded may safely be forked: not so on macOS, unknown on Windows."""
    return sys.platform == "linux"
