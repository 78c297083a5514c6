"""What a session of `dev` works with: a studio that draws and renders, a screen that shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from preview_worker.contract import Report
from preview_worker.contract.dev import DevState, DevVideo
from preview_worker.render.frame import FramePicture
from preview_worker.worker.intake import Intake

TellProgress = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Told of a `Progress` in its outer form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A video's files and its report."""

    folder: Path
    report: Report


class Studio(Protocol):
    """Makes pictures and videos of payloads."""

    async def take_in(self, payload: dict[str, Any]) -> Intake:
        """Find a valid payload's assets.

        Raises:
            AssetError: A file can't be used (permanent).
        """
        ...

    async def frame(self, intake: Intake, step_id: str) -> FramePicture:
        """The picture of a step at rest; cancelling the caller ends the work.

        Raises:
            PreviewError: There is none.
        """
        ...

    async def render(self, intake: Intake, tell: TellProgress) -> Rendered:
        """Render the video into a folder of its own; cancelling the caller ends the work and leaves no folder.

        Raises:
            PreviewError: The render failed; no folder is left.
        """
        ...

    async def discard(self, folder: Path) -> None:
        """Remove the folder of a video."""
        ...


class Screen(Protocol):
    """Shows what comes to everybody who looks; nothing here waits."""

    def tell(self, state: DevState) -> None:
        """Show the state of the work in place of the one before."""
        ...

    def show(self, video: DevVideo, name: str, folder: Path) -> None:
        """Show a video in place of the one before, whose files are still asked for a while."""
        ...

    def keep_picture(self, name: str, content: bytes) -> None:
        """Have a JPEG ready under a name."""
        ...
