"""The folders of a render process, below its own."""

from __future__ import annotations

from pathlib import Path

from preview_worker.errors import RenderStartError
from preview_worker.render.protocol import FILES_FOLDER, IN_FOLDER, LIVE_FOLDER, OUT_FOLDER, SEGMENTS_FOLDER
from preview_worker.trees import remove_tree


def make_folders(folder: Path) -> None:
    """Make what a process reads and writes in, empty of what an earlier command left; blocking.

    Input files stay. The folder of results itself does too: a sandboxed process may write into this one, not into one
    made anew.

    Raises:
        RenderStartError: The disk is full, read-only or failing (retryable).
    """
    try:
        for path in (
            Path(IN_FOLDER, SEGMENTS_FOLDER),
            Path(OUT_FOLDER, SEGMENTS_FOLDER),
            Path(OUT_FOLDER, FILES_FOLDER),
            Path(OUT_FOLDER, LIVE_FOLDER),
        ):
            remove_tree(folder / path)
            (folder / path).mkdir(parents=True)
    except OSError as error:
        raise RenderStartError(f"The folder of a render process can't be made: {error.strerror}.") from error
