"""The draft voice as the settings want it, for every command that plans a video."""

from __future__ import annotations

from functools import partial

from preview_worker.assets.library import AssetLibrary
from preview_worker.config.settings import Settings
from preview_worker.posix import usable_cores
from preview_worker.speech.synthesis import PROGRAM, synthesised
from preview_worker.speech.voices import data_folder, known_voices
from preview_worker.storage.places import Places
from preview_worker.worker.speaking import Speaker


def speaker_of(settings: Settings, library: AssetLibrary) -> Speaker:
    """Speaks where the extra ``voice`` is installed and PREVIEW_VOICE doesn't say ``none``, else not at all."""
    folder = data_folder() if settings.voice == "auto" else None
    return Speaker(
        folder=Places(settings.data_dir).voices,
        library=library,
        voices=known_voices(folder) if folder is not None else {},
        synthesise=partial(synthesised, command=(*PROGRAM, settings.sandbox)),
        processes=usable_cores(),
        max_duration_ms=settings.max_duration_s * 1000,
        deadline_s=settings.job_timeout_s,
    )
