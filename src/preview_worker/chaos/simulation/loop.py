"""An event loop whose time passes only when nothing is left to do, and whose order is the same in every run."""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from preview_worker.chaos.simulation.process import CURRENT, Killed, SimulatedProcess

_Entry = tuple[SimulatedProcess | None, asyncio.Handle]


class NothingLeftError(Exception):
    """Nothing is waited for but what will never come."""


class SimulatedTask(asyncio.Task[Any]):
    """A task whose place in a set doesn't depend on where it lies in memory."""

    def __init__(self, serial: int, coroutine: Coroutine[Any, Any, Any], **options: Any) -> None:
        self._serial = serial
        super().__init__(coroutine, **options)

    def __hash__(self) -> int:
        return self._serial

    def __eq__(self, other: object) -> bool:
        return self is other


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Runs callbacks of simulated processes; what belongs to a frozen one waits with it.

    Args:
        blocking_s: How long a function takes that is run in a thread; asked once for each.
    """

    def __init__(self, blocking_s: Callable[[], float] = lambda: 0.0) -> None:
        self.faults: list[dict[str, Any]] = []
        """What nobody handled: errors of tasks and callbacks."""
        self._blocking_s = blocking_s
        self._now_s = 0.0
        self._ready: deque[_Entry] = deque()
        self._timers: list[tuple[float, int, _Entry]] = []
        self._serials = itertools.count(1)

    # --- time and callbacks ---

    def time(self) -> float:
        """Monotonic seconds since the simulation began."""
        return self._now_s

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., Any], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        """See `asyncio.AbstractEventLoop`."""
        owned = context if context is not None else contextvars.copy_context()
        handle = asyncio.Handle(callback, args, self, owned)
        self._ready.append((owned.get(CURRENT), handle))
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """See `asyncio.AbstractEventLoop`."""
        owned = context if context is not None else contextvars.copy_context()
        handle = asyncio.TimerHandle(when, callback, args, self, owned)
        heapq.heappush(self._timers, (when, next(self._serials), (owned.get(CURRENT), handle)))
        return handle

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., Any], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """See `asyncio.AbstractEventLoop`."""
        return self.call_at(self._now_s + max(0.0, delay), callback, *args, context=context)

    # --- futures, tasks, threads ---

    def create_future(self) -> asyncio.Future[Any]:
        """See `asyncio.AbstractEventLoop`."""
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Any, *, name: str | None = None, context: contextvars.Context | None = None
    ) -> asyncio.Task[Any]:
        """See `asyncio.AbstractEventLoop`; the process that runs now remembers the task."""
        task = SimulatedTask(next(self._serials), coro, loop=self, name=name, context=context)
        process = (context or contextvars.copy_context()).get(CURRENT)
        if process is not None:
            process.tasks[task] = None
            task.add_done_callback(lambda done: process.tasks.pop(done, None))
        return task

    def run_in_executor(  # type: ignore[override]
        self,
        executor: Any,  # noqa: ARG002 - there is but one
        func: Callable[..., Any],
        *args: Any,
    ) -> asyncio.Future[Any]:
        """Run a function whole, at one moment a while from now."""
        future = self.create_future()
        self.call_later(self._blocking_s(), _blocking, future, func, args)
        return future

    # --- running ---

    def run_until_complete(self, future: Any) -> Any:
        """See `asyncio.AbstractEventLoop`.

        Raises:
            NothingLeftError: It waits for something that will never come.
        """
        asyncio._set_running_loop(self)  # noqa: SLF001 - how loops outside of asyncio tell of themselves
        try:
            main = asyncio.ensure_future(future, loop=self)
            while not main.done():
                self._run_once()
            return main.result()
        finally:
            asyncio._set_running_loop(None)  # noqa: SLF001

    def thaw(self, process: SimulatedProcess) -> None:
        """Let a frozen process go on, with all that came due meanwhile."""
        process.frozen = False
        self._ready.extend(process.stopped)
        process.stopped.clear()

    def _run_once(self) -> None:
        while self._ready:
            process, handle = self._ready.popleft()
            if handle.cancelled():
                continue
            if process is not None and process.frozen:
                process.stopped.append((process, handle))
                continue
            handle._run()  # noqa: SLF001 - running handles is what a loop is for
            return
        while self._timers:
            when_s, _, entry = heapq.heappop(self._timers)
            if not entry[1].cancelled():
                self._now_s = max(self._now_s, when_s)
                self._ready.append(entry)
                return
        raise NothingLeftError

    # --- what asyncio asks of a loop ---

    def get_debug(self) -> bool:
        """See `asyncio.AbstractEventLoop`."""
        return False

    def is_running(self) -> bool:
        """See `asyncio.AbstractEventLoop`."""
        return asyncio._get_running_loop() is self  # noqa: SLF001

    def is_closed(self) -> bool:
        """See `asyncio.AbstractEventLoop`."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Remember what nobody handled; what a dead process left isn't of interest."""
        if not isinstance(context.get("exception"), Killed):
            self.faults.append(context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Cancelled timers are skipped when their time comes."""


def _blocking(future: asyncio.Future[Any], func: Callable[..., Any], args: tuple[Any, ...]) -> None:
    if future.cancelled():
        return
    try:
        process = CURRENT.get()
        if process is not None:
            process.check()
        result = func(*args)
    except (Exception, Killed) as error:  # noqa: BLE001 - a thread's error is its caller's
        future.set_exception(error)
    else:
        future.set_result(result)
