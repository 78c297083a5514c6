"""Render processes as the settings want them, for every command and service that starts any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from preview_worker.config.settings import Settings
from preview_worker.render.fork_server import ForkServer, has_fork_server
from preview_worker.render.launching import Launch, Program
from preview_worker.render.lifecycle import (
    LARGEST_BYTES_PER_S,
    USUAL_JOBS,
    USUAL_REUSE_MEMORY_BYTES,
    USUAL_START_S,
    ProcessLimits,
    SandboxTerms,
)
from preview_worker.render.process import RenderProcess
from preview_worker.worker.pool import RenderPool


def fork_server() -> ForkServer | None:
    """A server to fork from, not yet started; None where the system has none."""
    return ForkServer() if has_fork_server() else None


def render_pool(
    settings: Settings,
    folder: Path,
    *,
    idle_max: int,
    jobs: int = USUAL_JOBS,
    reuse_memory_bytes: int = USUAL_REUSE_MEMORY_BYTES,
    start_s: float = USUAL_START_S,
    server: ForkServer | None = None,
) -> RenderPool:
    """A pool of forked processes, or of programs where the system can't fork.

    Args:
        settings: Memory, fonts, sandbox, longest video.
        folder: Where the processes' own folders are made.
        idle_max: Most processes that wait with a project.
        jobs: Commands after which a process isn't used again.
        reuse_memory_bytes: Resident size above which it isn't used again.
        start_s: Longest time until a process has come to be.
        server: To fork from, where several pools share one.
    """
    server = server or fork_server()

    def start(of: Settings) -> Callable[[Path], RenderProcess]:
        return render_processes(
            of, jobs=jobs, reuse_memory_bytes=reuse_memory_bytes, start_s=start_s, launch=server or Program()
        )

    bounded = replace(settings, render_memory_bytes=settings.render_memory_bytes // 2)
    return RenderPool(folder, start(settings), idle_max=idle_max, start_bounded=start(bounded), server=server)


def render_processes(
    settings: Settings,
    *,
    jobs: int = USUAL_JOBS,
    reuse_memory_bytes: int = USUAL_REUSE_MEMORY_BYTES,
    start_s: float = USUAL_START_S,
    launch: Launch | None = None,
) -> Callable[[Path], RenderProcess]:
    """What makes a render process with a given folder, not yet started.

    Args:
        settings: Memory, fonts, sandbox, longest video.
        jobs: Commands after which it isn't used again.
        reuse_memory_bytes: Resident size above which it isn't used again.
        start_s: Longest time until it has come to be.
        launch: Starts it; None: as a program of its own, for those who need one alone.
    """
    limits = ProcessLimits(
        start_s=start_s,
        memory_bytes=settings.render_memory_bytes,
        jobs=jobs,
        reuse_memory_bytes=min(reuse_memory_bytes, settings.render_memory_bytes),
    )
    terms = SandboxTerms(
        wanted=settings.sandbox,
        fonts_folder=settings.fonts_dir,
        file_bytes=settings.max_duration_s * LARGEST_BYTES_PER_S,
    )
    return lambda folder: RenderProcess(folder, limits=limits, terms=terms, launch=launch)
