"""Two files of JSON lines that tell what happened: what the run did, and which fault points its workers reached.

Times are of the monotonic clock, which all processes of a machine share. A line is one write to a file opened for
appending, so that a killed process leaves whole lines and processes don't mix theirs.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

HISTORY: Final = "history.jsonl"
TRACE: Final = "trace.jsonl"


class Lines:
    """A file of JSON lines that is appended to.

    Args:
        path: The file; made where it is absent.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        os.close(self._descriptor)

    def add(self, event: str, **fields: Any) -> None:
        """Append one line with the time and this process's id."""
        line = {"at_s": round(time.monotonic(), 6), "pid": os.getpid(), "event": event} | fields
        os.write(self._descriptor, (json.dumps(line, separators=(",", ":")) + "\n").encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line read back; `fields` are the rest of it."""

    at_s: float
    pid: int
    event: str
    fields: dict[str, Any]

    @property
    def job_id(self) -> str:
        """The job it is about."""
        return str(self.fields["job"])


class LineReader:
    """Reads a file of JSON lines to which others still append, each line once.

    Args:
        path: The file; it may not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_bytes = 0

    def new(self) -> list[Line]:
        """The whole lines that have come since the last call, in the order of the file."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            added = file.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._read_bytes += len(whole)
        return [_line(text) for text in whole.splitlines()]


def lines(path: Path) -> list[Line]:
    """Every whole line of a file, none where there is no file."""
    return LineReader(path).new()


def _line(text: bytes) -> Line:
    fields = json.loads(text)
    return Line(at_s=fields.pop("at_s"), pid=fields.pop("pid"), event=fields.pop("event"), fields=fields)
