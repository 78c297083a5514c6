"""What a job is at, how far it is, and how long each stage took."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from preview_worker.contract import Stage
from preview_worker.render.child.limits import processor_s
from preview_worker.render.protocol import Event, Progress


class Progression:
    """Tells the worker of progress, from any thread.

    Args:
        tell: Takes events.
    """

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._stage = Stage.PLAN
        self._done = self._total = 0
        self.started_cpu_s = processor_s()
        self.stages_ms: dict[str, int] = {}

    @contextlib.contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Everything in the block belongs to this stage; its wall time is added up."""
        self._stage = stage
        self.alive()
        start = time.monotonic()
        try:
            yield
        finally:
            self._spent(stage, start)

    @contextlib.contextmanager
    def within(self, stage: Stage) -> Iterator[None]:
        """What belongs to a stage while the job is at another one."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._spent(stage, start)

    def expect(self, frames: int) -> None:
        """The video has so many frames."""
        self._total = frames

    def advance(self, frames: int, step_id: str | None = None) -> None:
        """So many frames more are done."""
        with self._lock:
            self._done += frames
            self._tell(self._progress(step_id))

    def alive(self) -> None:
        """Work goes on, and no frame was finished."""
        with self._lock:
            self._tell(self._progress(None))

    def _spent(self, stage: Stage, start_s: float) -> None:
        spent_ms = round((time.monotonic() - start_s) * 1000)
        with self._lock:
            self.stages_ms[stage.value] = self.stages_ms.get(stage.value, 0) + spent_ms

    def _progress(self, step_id: str | None) -> Progress:
        return Progress(stage=self._stage.value, frames_done=self._done, frames_total=self._total, step_id=step_id)
