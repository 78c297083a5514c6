"""Sees what the server and the disk do, and says at once where a promise is broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from preview_worker.chaos.simulation.history import History
from preview_worker.chaos.simulation.process import CURRENT, SimulatedProcess
from preview_worker.chaos.simulation.server import SimulatedServer
from preview_worker.storage.jobs import JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.publish import MANIFEST

_FINISH_KEYS: Final = 14
_FINISHED_IN, _FINISHED_JOB = 10, 11
_DELAY_KEYS: Final = 12
_SKIPPED_AT: Final = 8


class Watcher:
    """Turns scripts and changes of the disk into events, and breaches into violations.

    Args:
        history: Gets the events.
        places: Folders below DATA_DIR.
        queue: The queue's name.
    """

    def __init__(self, history: History, places: Places, queue: str) -> None:
        self.server: SimulatedServer | None = None
        self.queue_max = 0
        self.owners: dict[str, SimulatedProcess] = {}
        """Whose the folders of unfinished work are."""
        self.violations: list[str] = []
        self.on_decision: Callable[[], None] = lambda: None
        """Called when a run has got the right to publish, in its process."""
        self._history = history
        self._places = places
        self._queue = queue
        self._fenced: dict[tuple[str, int], bool] = {}
        """Whether the job's artifact stood already when a run got its fence."""
        self._committed: set[str] = set()
        self._published: set[str] = set()
        self._failures: dict[str, int] = {}
        self._ended: dict[str, str] = {}

    def breach(self, sentence: str) -> None:
        """A promise is broken."""
        self.violations.append(sentence)
        self._history.add("violation", "", sentence)

    # --- the server ---

    def script(self, _text: str, keys: list[str], values: list[Any], answer: Any) -> None:
        """A script ran: see `Observer`."""
        if keys[0].endswith(":lock"):
            self._fence_or_commit(keys, values, answer)
        elif len(keys) == _DELAY_KEYS and answer == 0 and values[_SKIPPED_AT] == "0":
            job_id = str(values[1])
            self._failures[job_id] = self._failures.get(job_id, 0) + 1
            self._history.add("retry-delayed", job_id)
        elif isinstance(answer, list) and answer and answer[0] == "admitted":
            self._admitted(keys, str(values[4]))
        if len(keys) >= _FINISH_KEYS and keys[_FINISHED_IN].endswith((":completed", ":failed")):
            if answer == 0:
                self._finished(keys[_FINISHED_JOB].rpartition(":")[2], keys[_FINISHED_IN].rpartition(":")[2], runs=1)
            return
        for job_id in [key.rpartition(":")[2] for key in keys if ":pvw:job:" in key]:
            if job_id not in self._ended and self._is_withdrawn(job_id):
                self._finished(job_id, "failed", runs=0)

    def _fence_or_commit(self, keys: list[str], values: list[Any], answer: Any) -> None:
        job_id = self._call("HGET", keys[1], "jobId") or ""
        if answer != "committed" and not (isinstance(answer, int) and answer > 0):
            return
        if self._call("GET", keys[0]) != values[0]:
            self.breach(f"{job_id}: a run without the lock went on")
        if answer == "committed":
            newest = self._call("HGET", keys[1], "fence")
            if self._call("HGET", keys[1], "cancel") == "1" and job_id not in self._committed:
                self.breach(f"{job_id}: committed after a cancel that was in time")
            self._committed.add(job_id)
            self._history.add("committed", job_id, int(values[1]))
            self.on_decision()
            if newest != values[1]:
                self.breach(f"{job_id}: committed by fence {values[1]} when {newest} was the newest")
        else:
            self._fenced[job_id, answer] = job_id in self._published
            self._history.add("fenced", job_id, answer)

    def _is_withdrawn(self, job_id: str) -> bool:
        """Whether a job was ended as cancelled without its run: it stands nowhere any more but in its record."""
        prefix = f"bull:{self._queue}:"
        return self._state(job_id) == "cancelled" and not (
            any(self._call("LPOS", prefix + line, job_id) is not None for line in ("active", "wait"))
            or any(self._call("ZSCORE", prefix + line, job_id) is not None for line in ("prioritized", "delayed"))
        )

    def _finished(self, job_id: str, state: str, *, runs: int) -> None:
        """A job has ended; its own last run counts one attempt more than the failures before."""
        self._history.add("ended", job_id, state)
        if job_id in self._ended:
            self.breach(f"{job_id}: ended twice, {self._ended[job_id]} and {state}")
        self._ended[job_id] = state
        counted = self._call("HGET", f"bull:{self._queue}:{job_id}", "atm")
        expected = self._failures.get(job_id, 0) + runs
        if counted is not None and int(counted) != expected:
            self.breach(f"{job_id}: {counted} attempts are counted, of which {expected} were its own")

    def _admitted(self, keys: list[str], job_id: str) -> None:
        backlog = sum(self._call("LLEN", key) for key in keys[9:11]) + sum(
            self._call("ZCARD", key) for key in (keys[3], keys[4])
        )
        self._history.add("admitted", job_id, backlog)
        if backlog > self.queue_max:
            self.breach(f"{job_id}: admitted as number {backlog} of at most {self.queue_max}")

    def _call(self, name: str, *arguments: str) -> Any:
        return self.server.call(name, *arguments) if self.server is not None else None

    # --- the disk ---

    def renamed(self, source: str, target: str) -> None:
        """A rename will happen; a stage folder's is a publication, unless something stands there."""
        if not source.startswith(str(self._places.stage)) or not Path(source).is_dir():
            return
        job_id, fence = _run_of(source)
        if Path(target).exists():
            self._history.add("late-publication", job_id, fence)
            return
        if job_id in self._published:
            self.breach(f"{job_id}: published twice")
        if self._state(job_id) not in {"committed", "completed"}:
            self.breach(f"{job_id}: published while its record says {self._state(job_id)}")
        if not (Path(source) / MANIFEST).is_file():
            self.breach(f"{job_id}: published without its manifest")
        self._published.add(job_id)
        self._history.add("published", job_id, fence)

    def _state(self, job_id: str) -> Any:
        return self._call("HGET", f"bull:{self._queue}:pvw:job:{job_id}", "state")

    def made(self, folder: str) -> None:
        """A folder will be made; a stage's means that the job is rendered."""
        path = Path(folder)
        if path.parent.parent != self._places.stage or path.exists():
            return
        job_id, fence = _run_of(folder)
        self._history.add("staged", job_id, fence)
        if self._fenced.get((job_id, fence)):
            self.breach(f"{job_id}: rendered by fence {fence} when it was published already")

    def removed(self, folder: str) -> None:
        """A tree will be removed; what is unfinished is its owner's alone while he lives."""
        for root in (self._places.stage, self._places.work):
            if folder.startswith(f"{root}/"):
                owner = self.owners.get(Path(folder).relative_to(root).parts[0])
                if owner is not None and owner.alive and owner is not CURRENT.get():
                    self.breach(f"the unfinished work of {owner.name} was removed while it lived")

    def power_cut(self) -> None:
        """What wasn't told to anybody yet may be gone."""
        standing = {folder.name for folder in self._places.root.glob("plans/*/*")}
        self._published &= standing

    def died(self, process: str, running: list[str]) -> None:
        """A process died; what the disk says of its jobs has to be true."""
        self._history.add("died", "", process, *running)
        for job_id in running:
            self.check_record(job_id)

    def check_record(self, job_id: str) -> None:
        """A record that says completed has an artifact."""
        record = JobFiles(self._places.jobs).read(job_id)
        if record is None or record.state != "completed":
            return
        folder = self._places.plan(record.project_id, job_id)
        if not (folder / MANIFEST).is_file():
            self.breach(f"{job_id}: its record on disk says completed, and nothing is published")


def _run_of(stage: str) -> tuple[str, int]:
    """Job and fence of a stage folder."""
    job_id, fence, _ = Path(stage).name.rsplit(".", 2)
    return job_id, int(fence)
