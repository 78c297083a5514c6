"""Pieces: what a job is made of, in the order in which it is looked at, and who makes which."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from preview_worker.render.child.segment_file import Verdict
from preview_worker.timeline.model import Segment
from preview_worker.timeline.sound_spans import SoundSpan

Piece = Segment | SoundSpan

SPAN_COST = 10
"""A span of the sound takes about as long as so many frames of the picture."""
_TAIL_PIECES = 3
"""So many of the last pieces of a run may be taken out of their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A piece that stands on the disk.

    Attributes:
        key: Its key.
        frames: Its frames of the picture.
        verdict: What looking at it has shown.
        pictures: How many pictures were decoded and scaled for it.
    """

    key: str
    frames: int
    verdict: Verdict
    pictures: int = 0


class WorkList:
    """Pieces still to be made: each process has a run of neighbours, and helps the others when it has done its own.

    Neighbours share their scene's painter. Safe from several threads.

    Args:
        pieces: All of them, in order.
        processes: How many processes will take from it, at least 1.
    """

    def __init__(self, pieces: Sequence[Piece], processes: int) -> None:
        runs = _with_opening_apart(_runs(pieces, processes))
        self._runs = [deque(_longest_last_ones_first(run)) for run in runs]
        self._lock = threading.Lock()

    def take(self, process: int) -> Piece | None:
        """The next piece of a process's own run, else the longest of the run that is most behind; None at the end."""
        with self._lock:
            if own := self._runs[process]:
                return own.popleft()
            richest = max(self._runs, key=lambda run: sum(cost_of(piece) for piece in run))
            if not richest:
                return None
            piece = max(reversed(richest), key=cost_of)
            richest.remove(piece)
            return piece


def cost_of(piece: Piece) -> int:
    """About how long a piece takes, in frames of the picture."""
    return len(piece.frames) if isinstance(piece, Segment) else SPAN_COST


def _runs(pieces: Sequence[Piece], processes: int) -> list[list[Piece]]:
    """Neighbours in runs of about equal cost."""
    runs: list[list[Piece]] = [[] for _ in range(processes)]
    total, before = sum(cost_of(piece) for piece in pieces), 0
    for piece in pieces:
        middle = before + cost_of(piece) / 2
        runs[int(middle * processes / total)].append(piece)
        before += cost_of(piece)
    return runs


def _with_opening_apart(runs: list[list[Piece]]) -> list[list[Piece]]:
    """The first span goes to the last process: watching begins when both picture and sound of the opening are there."""
    first, *_, last = runs if len(runs) > 1 else [[], []]
    if span := next((piece for piece in first[:2] if isinstance(piece, SoundSpan)), None):
        first.remove(span)
        last.insert(0, span)
    return runs


def _longest_last_ones_first(run: Sequence[Piece]) -> list[Piece]:
    """A run whose last few pieces come longest first, so that all processes end together."""
    return [*run[:-_TAIL_PIECES], *sorted(run[-_TAIL_PIECES:], key=lambda piece: -cost_of(piece))]
