"""Render processes as the settings want them, for every command and service that starts any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from preview_worker.config.settings import Settings
from preview_worker.render.lifecycle import (
    LARGEST_BYTES_PER_S,
    USUAL_JOBS,
    USUAL_REUSE_MEMORY_BYTES,
    ProcessLimits,
    SandboxTerms,
)
from preview_worker.render.process import CHILD_COMMAND, RenderProcess


def render_processes(
    settings: Settings,
    *,
    jobs: int = USUAL_JOBS,
    reuse_memory_bytes: int = USUAL_REUSE_MEMORY_BYTES,
    command: Sequence[str] = CHILD_COMMAND,
) -> Callable[[Path], RenderProcess]:
    """What makes a render process with a given folder, not yet started.

    Args:
        settings: Memory, fonts, sandbox, longest video.
        jobs: Commands after which it isn't used again.
        reuse_memory_bytes: Resident size above which it isn't used again.
        command: What to start.
    """
    limits = ProcessLimits(
        memory_bytes=settings.render_memory_bytes,
        jobs=jobs,
        reuse_memory_bytes=min(reuse_memory_bytes, settings.render_memory_bytes),
    )
    terms = SandboxTerms(
        wanted=settings.sandbox,
        fonts_folder=settings.fonts_dir,
        file_bytes=settings.max_duration_s * LARGEST_BYTES_PER_S,
    )
    return lambda folder: RenderProcess(folder, limits=limits, terms=terms, command=command)
