"""Draft voices for a job: steps with words and no recording are spoken before they are planned, and kept."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from preview_worker.assets.identity import Identified
from preview_worker.assets.library import AbsentAsset, AssetLibrary, FoundAsset, Reference
from preview_worker.contract import NarrationMode, PreviewRequest, Step, spoken
from preview_worker.speech.recording import recorded_ms
from preview_worker.speech.voices import Utterance, utterance_of, voice_for
from preview_worker.storage.atomic import partial_file, storage_errors, sync_file
from preview_worker.timeline.voices import draft_voice_id

Synthesise = Callable[[Utterance], Awaitable[bytes]]
SUFFIX = ".wav"
KEPT_BYTES = 512 * 1024 * 1024
"""Some three hours of speech; what was used longest ago goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Speaks, and keeps what it said.

    Args:
        folder: Where recordings are kept, by the hash of words and voice.
        library: Finds and hashes them like any asset.
        voices: The voices that there are, by language tag; empty where none is installed or wanted.
        synthesise: Speaks one utterance as a WAV file.
        processes: How many speak at once.
    """

    folder: Path
    library: AssetLibrary
    voices: Mapping[str, str]
    synthesise: Synthesise
    processes: int

    async def with_voices(self, request: PreviewRequest, identified: Identified) -> Identified:
        """A job's assets, and a recording for each step that needs one.

        Raises:
            TransientError: The voice failed (``voice-failed``).
            StorageError: The disk is full or failing (transient).
        """
        voice = voice_for(request.language, request.audio.voice, self.voices)
        if voice is None:
            return identified
        wanted = {step.id: utterance_of(spoken(step), voice) for step in _unrecorded(request, identified)}
        await self._speak(set(wanted.values()))
        references = tuple(
            Reference(asset_id=draft_voice_id(voice, step_id), place=_place(utterance), sha256=None)
            for step_id, utterance in wanted.items()
        )
        recorded = await asyncio.to_thread(self.library.collect, references, root=self.folder)
        return replace(identified, assets={**identified.assets, **recorded})

    async def _speak(self, utterances: set[Utterance]) -> None:
        missing = await asyncio.to_thread(self._missing, utterances)
        if not missing:
            return
        turns = asyncio.Semaphore(max(1, self.processes))

        async def speak(utterance: Utterance) -> None:
            async with turns:
                sound = await self.synthesise(utterance)
            await asyncio.to_thread(self._keep, utterance, sound)

        try:
            async with asyncio.TaskGroup() as group:
                for utterance in missing:
                    group.create_task(speak(utterance), name=f"speak-{utterance.key[:8]}")
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        await asyncio.to_thread(self._trim)

    def _missing(self, utterances: set[Utterance]) -> list[Utterance]:
        """Those that weren't said before, in an order that is always the same; the others are marked as used.

        By their time of access: that of their last change tells whether somebody has written to them. A damaged
        recording goes, and is missing.
        """
        missing = []
        for utterance in sorted(utterances, key=lambda utterance: utterance.key):
            path = self.folder / _place(utterance)
            try:
                if recorded_ms(path) is None:
                    path.unlink(missing_ok=True)
                os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
            except OSError:
                missing.append(utterance)
        return missing

    def _keep(self, utterance: Utterance, sound: bytes) -> None:
        path = self.folder / _place(utterance)
        with storage_errors("keep what the draft voice said"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial_file(path) as partial:
                partial.write_bytes(sound)
                sync_file(partial)
                _put_in_place(partial, path)

    def _trim(self) -> None:
        with storage_errors("trim what the draft voice said"):
            kept = [(status.st_atime_ns, status.st_size, path) for path, status in self._recordings()]
            excess = sum(size for _, size, _ in kept) - KEPT_BYTES
            for _, size, path in sorted(kept):
                if excess <= 0:
                    break
                path.unlink(missing_ok=True)
                excess -= size

    def _recordings(self) -> Iterator[tuple[Path, os.stat_result]]:
        for path in self.folder.rglob(f"*{SUFFIX}"):
            with suppress(FileNotFoundError):  # another worker has just removed it
                yield path, path.stat()


def _unrecorded(request: PreviewRequest, identified: Identified) -> Iterator[Step]:
    """Steps that a draft voice speaks: all with words where that is asked for, else those without a recording."""
    mode = request.audio.narration
    if mode not in (NarrationMode.AUTO, NarrationMode.TTS):
        return
    for step in request.steps:
        recorded = mode is NarrationMode.AUTO and _is_there(identified.assets, step.narration_asset_id)
        if spoken(step).strip() and not recorded:
            yield step


def _is_there(assets: Mapping[str, FoundAsset | AbsentAsset], asset_id: str | None) -> bool:
    return asset_id is not None and isinstance(assets.get(asset_id), FoundAsset)


def _put_in_place(partial: Path, path: Path) -> None:
    """Name a recording, unless somebody else's of the same words stands there: their job has hashed that very file."""
    try:
        os.link(partial, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not path.exists():
            partial.replace(path)


def _place(utterance: Utterance) -> str:
    key = utterance.key
    return f"{key[:2]}/{key}{SUFFIX}"
