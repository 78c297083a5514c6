"""Walks what a simulation left, and says which promises were broken; it shares nothing with the code that kept them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from preview_worker.chaos.simulation.history import History
from preview_worker.chaos.simulation.server import SimulatedServer

MANIFEST: Final = "container.json"
_MAY_FAIL: Final = frozenset({"queue-unavailable", "HandBack", "Completed", "cancelled", "invalid-payload"})
_DISK: Final = frozenset({"storage", "no-space", "internal", "already-published"})


def breaches(
    history: History, server: SimulatedServer, root: Path, *, invalid: Collection[str], queue: str
) -> Iterator[str]:
    """Sentences about broken promises.

    Args:
        history: What happened.
        server: The server at the end.
        root: DATA_DIR at the end, after every worker has ended and what was left over has been swept.
        invalid: Ids of the jobs that had to fail.
        queue: The queue's name.
    """
    admitted = [event.job_id for event in history.of("admitted")]
    ended = {event.job_id: str(event.facts[0]) for event in history.of("ended")}
    cancelled = {event.job_id for event in history.of("cancel-asked")}
    for job_id in admitted:
        record = server.call("HGETALL", f"bull:{queue}:pvw:job:{job_id}")
        state = dict(zip(record[::2], record[1::2], strict=True)).get("state", "none")
        yield from _end(job_id, ended.get(job_id, "nowhere"), state, job_id in invalid, job_id in cancelled)
    completed, failed = ({job_id for job_id in admitted if ended.get(job_id) == end} for end in ("completed", "failed"))
    yield from _files(root, sorted(completed), failed, set(admitted))
    yield from _runs(history)
    for key in ("active", "wait", "prioritized", "delayed"):
        count = server.call("LLEN" if key in {"active", "wait"} else "ZCARD", f"bull:{queue}:{key}")
        if count:
            yield f"{count} jobs are left in {key}"


def _end(job_id: str, ended: str, state: str, had_to_fail: bool, cancelled: bool) -> Iterator[str]:  # noqa: FBT001
    """A job's end in the queue, and in its record."""
    if ended == "nowhere":
        yield f"{job_id}: accepted and lost"
        return
    if had_to_fail and not cancelled and ended != "failed":
        yield f"{job_id}: ended as {ended}, and had to fail"
    if ended == "failed" and not had_to_fail and not cancelled:
        yield f"{job_id}: failed, and nothing was wrong with it"
    if ended == "completed" and state not in {"completed", "committed"}:
        yield f"{job_id}: completed, and its record says {state}"


def _files(root: Path, completed: Collection[str], failed: Collection[str], admitted: Collection[str]) -> Iterator[str]:
    published = {folder.name: folder for folder in sorted(root.glob("plans/*/*"))}
    for job_id in completed:
        if job_id not in published:
            yield f"{job_id}: completed, and nothing is published"
    for job_id in sorted(published.keys() & failed):
        yield f"{job_id}: failed, and its preview is visible"
    for job_id, folder in published.items():
        if job_id not in admitted:
            yield f"{job_id}: published, and never accepted"
        yield from content_breaches(job_id, folder)
    yield from _leftovers(root)


def _leftovers(root: Path) -> Iterator[str]:
    for kind in ("stage", "work", "reservations"):
        for left in sorted((root / kind).glob("*")):
            yield f"{kind}/{left.name} is left, and nobody owns it"
    for partial in sorted(root.rglob("*.part")):
        if "plans" in partial.parts:
            yield f"{partial.name} is left in a published folder"


def content_breaches(job_id: str, folder: Path) -> Iterator[str]:
    """What of a published folder isn't as its manifest says."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        for file in manifest["files"]:
            content = (folder / file["path"]).read_bytes()
            if hashlib.sha256(content).hexdigest() != file["sha256"] or len(content) != file["size"]:
                yield f"{job_id}: {file['path']} isn't what its manifest says"
    except (OSError, ValueError, KeyError) as error:
        yield f"{job_id}: published, and can't be read ({type(error).__name__})"


def _runs(history: History) -> Iterator[str]:
    """A run fails for a reason: a fault, or its payload."""
    for event in history.of("run-ended"):
        process, code, disk_failures = event.facts
        if code in _MAY_FAIL or (code in _DISK and disk_failures):
            continue
        yield f"{event.job_id}: a run in {process} ended as {code}, and no fault explains it"
