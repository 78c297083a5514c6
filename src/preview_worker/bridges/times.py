"""Lengths and spans of time as foreign files write them, in whole milliseconds within the contract's limits."""

from __future__ import annotations

from preview_worker.bridges.node import Node

STEP_MIN_MS, STEP_MAX_MS = 500, 120_000
TIME_MAX_MS = 86_400_000
_CLOSE_MS = 40
"""One frame at 25 frames per second: times that differ by less are the same."""


def length_ms(node: Node, *, frame_rate: float = 30.0) -> int | None:
    """Read how long a scene lasts: durationMs, else durationSec, else durationInFrames; None where it says nothing.

    Args:
        node: The scene.
        frame_rate: Frames per second of durationInFrames.
    """
    written = {
        "durationMs": 1.0,
        "duration_ms": 1.0,
        "durationSec": 1000.0,
        "duration_sec": 1000.0,
        "durationSeconds": 1000.0,
        "durationInFrames": 1000.0 / frame_rate,
        "duration": 1000.0,
    }
    chosen: int | None = None
    for key, factor in written.items():
        number = node.number(key)
        if number is None:
            continue
        asked_ms = min(round(number * factor), TIME_MAX_MS)
        if asked_ms <= 0:
            node.ledger.dropped(node.at(key), "is no length; the step lasts as long as its words take", number)
        elif chosen is None:
            chosen = _within(node, key, asked_ms)
        elif abs(asked_ms - chosen) > _CLOSE_MS:
            node.ledger.dropped(node.at(key), f"differs from the {chosen} ms that are taken", number)
    return chosen


def span_ms(node: Node, duration_ms: int | None, *, start_keys: tuple[str, ...] = ()) -> dict[str, int] | None:
    """Read when something is seen in its step, as startMs and endMs; whole-step ends are left out.

    Args:
        node: The object with startSec and endSec, or startMs and endMs.
        duration_ms: Length of the step, None when it follows the speech.
        start_keys: Further names of a start in seconds.

    Returns:
        The members, or None, with a remark, when it would begin after its step's end.
    """
    start = _time_ms(node, ("startMs", "start_ms"), ("startSec", "start", *start_keys))
    end = _time_ms(node, ("endMs", "end_ms"), ("endSec", "end"))
    if start is not None and duration_ms is not None and start >= duration_ms:
        node.ledger.dropped(node.place, f"would begin at {start} ms, but its step lasts {duration_ms} ms")
        return None
    span: dict[str, int] = {"startMs": start} if start else {}
    if end is None:
        return span
    if end <= (start or 0):
        node.ledger.changed(node.place, "ends before it begins; it stays to the end of its step")
        return span
    if duration_ms is not None and end >= duration_ms:
        if end > duration_ms + _CLOSE_MS:
            node.ledger.changed(node.place, f"would end at {end} ms; it ends with its step at {duration_ms} ms")
        return span
    return {**span, "endMs": end}


def _within(node: Node, key: str, asked_ms: int) -> int:
    allowed_ms = min(max(asked_ms, STEP_MIN_MS), STEP_MAX_MS)
    if allowed_ms != asked_ms:
        node.ledger.changed(
            node.at(key), f"is {asked_ms} ms, but a step takes {STEP_MIN_MS} to {STEP_MAX_MS} ms", allowed_ms
        )
    return allowed_ms


def _time_ms(node: Node, in_ms: tuple[str, ...], in_s: tuple[str, ...]) -> int | None:
    number = node.number(*in_ms)
    if number is None:
        seconds = node.number(*in_s)
        number = None if seconds is None else seconds * 1000
    return None if number is None else min(max(round(number), 0), TIME_MAX_MS)
