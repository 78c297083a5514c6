"""Early files of jobs at work: what can be watched before the preview is published.

``live/<projectId>/<jobId>/<fence>/`` belongs to one attempt. A later attempt has a higher fence and removes the folders
of those before it, so that a zombie can't write among its successor's files. Nothing here is synced: it is gone soon.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from preview_worker.storage.atomic import partial_file
from preview_worker.storage.listing import Leave, pass_over, remaining
from preview_worker.storage.publish import link_or_copy
from preview_worker.trees import remove_tree

KEPT_AFTER_END_S = 15 * 60
FORSAKEN_S = 60 * 60
"""A folder that nobody has ended or written to for so long was a dead worker's."""
_ENDED = ".ended"


class LiveFolder:
    """One attempt's early files; a failing disk costs the early look and not the job.

    Args:
        job: The job's folder below ``live/``.
        fence: The attempt's fence.
    """

    def __init__(self, job: Path, fence: int) -> None:
        self._job = job
        self._fence = fence
        self._folder = job / str(fence)

    def open(self) -> None:
        """Make the folder, and remove those of earlier attempts; blocking."""
        with suppress(OSError):
            others = list(_folders(self._job))
            if any(int(folder.name) > self._fence for folder in others if _is_attempt(folder)):
                return  # a later attempt has begun: this one shows nothing
            self._folder.mkdir(parents=True, exist_ok=True)
            for folder in others:  # and what a worker left that was killed while it removed one
                if folder != self._folder:
                    _clear(folder)

    def put(self, name: str, source: Path) -> bool:
        """Show a file under a name, in place of what had it; blocking.

        Returns:
            Whether it is there now.
        """
        with suppress(OSError), partial_file(self._folder / name) as partial:
            link_or_copy(source, partial)
            partial.replace(self._folder / name)
            return True
        return False

    def close(self) -> None:
        """The attempt is over: its files stay for a quarter of an hour; blocking."""
        with suppress(OSError):
            (self._folder / _ENDED).touch()

    def remove(self) -> None:
        """Nobody shall see the files any more; blocking."""
        _clear(self._folder)


def live_file(job: Path, name: str, now_s: float | None = None) -> Path | None:
    """An early file of a job's latest attempt; None where there is none, or no longer; blocking.

    Args:
        job: The job's folder below ``live/``.
        name: A plain file name.
        now_s: Seconds since the epoch, now if None.
    """
    if name != Path(name).name or name.startswith("."):
        return None
    latest = max(_attempts(job), key=lambda folder: int(folder.name), default=None)
    if latest is None or _is_over(latest, time.time() if now_s is None else now_s):
        return None
    path = latest / name
    with suppress(OSError):  # a name may be longer than the file system takes
        return path if path.is_file() else None
    return None


def sweep_live(live: Path, now_s: float | None = None, leave: Leave = pass_over) -> tuple[str, ...]:
    """Remove what is over, and the empty folders above it; blocking, safe while others sweep.

    Args:
        live: The folder of all early files.
        now_s: Seconds since the epoch, now if None.
        leave: Told of what can't be listed or removed.

    Returns:
        The ids of jobs of which something was removed.
    """
    now_s = time.time() if now_s is None else now_s
    swept = []
    for project in _folders(live, leave):
        for job in _folders(project, leave):
            over = [folder for folder in _folders(job, leave) if not _is_attempt(folder) or _is_over(folder, now_s)]
            if sum(_clear(folder, leave) for folder in over):
                swept.append(job.name)
            with suppress(OSError):
                job.rmdir()
        with suppress(OSError):
            project.rmdir()
    return tuple(swept)


def _clear(attempt: Path, leave: Leave = pass_over) -> bool:
    """Remove an attempt's folder, or what somebody left of it who was killed on the way.

    It gets a name first under which no attempt is looked for, so that the next sweep takes the rest.

    Returns:
        Whether all of it is gone.
    """
    cleared = attempt
    if _is_attempt(attempt):
        with suppress(OSError):
            cleared = attempt.rename(attempt.with_name(f"{attempt.name}.{secrets.token_hex(4)}"))
    remove_tree(cleared)
    if (error := remaining(cleared)) is not None:
        leave(cleared, error)
    return error is None


def _is_over(folder: Path, now_s: float) -> bool:
    with suppress(OSError):
        return now_s - (folder / _ENDED).stat().st_mtime > KEPT_AFTER_END_S
    with suppress(OSError):
        return now_s - folder.stat().st_mtime > FORSAKEN_S
    return True


def _attempts(job: Path) -> list[Path]:
    return [folder for folder in _folders(job) if _is_attempt(folder)]


def _is_attempt(folder: Path) -> bool:
    return folder.name.isdecimal()


def _folders(parent: Path, leave: Leave = pass_over) -> Iterator[Path]:
    try:
        entries = list(os.scandir(parent))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        leave(parent, error)
        return
    yield from (Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
