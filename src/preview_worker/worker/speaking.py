"""Draft voices for a job: steps with words and no recording are spoken before they are planned, and kept."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from preview_worker.assets.identity import Identified
from preview_worker.assets.library import AbsentAsset, AssetLibrary, FoundAsset, Reference
from preview_worker.contract import NarrationMode, PreviewRequest, Step, spoken
from preview_worker.errors import TransientError
from preview_worker.render.settling import settled
from preview_worker.speech.recording import length_ms, recorded_ms
from preview_worker.speech.voices import Utterance, utterance_of, voice_for
from preview_worker.storage.atomic import PARTIAL_SUFFIX, partial_file, storage_errors, sync_file
from preview_worker.timeline.voices import draft_voice_id
from preview_worker.worker.said import Said

Synthesise = Callable[[Utterance], Awaitable[bytes]]
SUFFIX = ".wav"
KEPT_BYTES = 512 * 1024 * 1024
"""Some three hours of speech; what was used longest ago goes first."""
MARKED_EACH_NS = 3600 * 10**9
"""An hour: those used longest ago needn't be told apart more finely."""
PARTIAL_AGE_S = 3600
"""A file that is still written to is younger; an older one was left by a worker that died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Speaks, and keeps what it said.

    Args:
        folder: Where recordings are kept, by the hash of words and voice.
        library: Finds and hashes them like any asset.
        voices: The voices that there are, by language tag; empty where none is installed or wanted.
        synthesise: Speaks one utterance as a WAV file.
        processes: How many speak at once.
        max_duration_ms: The longest tutorial allowed: no more than that is said for one.
        deadline_s: Longest time that a tutorial may be spoken for.
    """

    folder: Path
    library: AssetLibrary
    voices: Mapping[str, str]
    synthesise: Synthesise
    processes: int
    max_duration_ms: int
    deadline_s: float

    async def with_voices(
        self, request: PreviewRequest, identified: Identified, *, only_step: str | None = None
    ) -> Identified:
        """A job's assets, and a recording for each step that needs one.

        Args:
            request: What is asked for.
            identified: Its assets.
            only_step: The step that is spoken; the others have a recording where one is kept. None: all are spoken.

        Raises:
            TooLongError: What is said takes longer than a tutorial may (permanent).
            TransientError: The voice failed (``voice-failed``).
            StorageError: The disk is full or failing (transient).
        """
        voice = voice_for(request.language, request.audio.voice, self.voices)
        if voice is None:
            return identified
        wanted = {step.id: utterance_of(spoken(step), voice) for step in _unrecorded(request, identified)}
        spoken_now = {utterance for step_id, utterance in wanted.items() if only_step in (None, step_id)}
        said = await self._speak(Counter(wanted.values()), spoken_now)
        references = tuple(
            Reference(asset_id=draft_voice_id(voice, step_id), place=_place(utterance), sha256=None)
            for step_id, utterance in wanted.items()
            if utterance in said
        )
        recorded = await asyncio.to_thread(self.library.collect, references, root=self.folder)
        if any(isinstance(recording, AbsentAsset) for recording in recorded.values()):
            raise TransientError("What the draft voice said was removed before it was used.", code="voice-failed")
        return replace(identified, assets={**identified.assets, **recorded})

    async def _speak(self, uses: Counter[Utterance], spoken_now: set[Utterance]) -> set[Utterance]:
        """Speak what isn't kept of some utterances; all that have a recording then."""
        kept = await asyncio.to_thread(self._kept, uses)
        said = Said(uses=uses, max_duration_ms=self.max_duration_ms)
        for utterance, length in kept.items():
            said.add(utterance, length)
        if missing := sorted(spoken_now - kept.keys(), key=lambda utterance: utterance.key):
            try:
                await self._speak_missing(missing, said)
            finally:
                await settled(self._trim)
        return spoken_now | kept.keys()

    async def _speak_missing(self, missing: Iterable[Utterance], said: Said) -> None:
        turns = asyncio.Semaphore(max(1, self.processes))

        async def speak(utterance: Utterance) -> None:
            async with turns:
                sound = await self.synthesise(utterance)
                said.add(utterance, _checked_length_ms(sound))
                await asyncio.to_thread(self._keep, utterance, sound)
                if said.trim_is_due(len(sound)):
                    await asyncio.to_thread(self._trim)

        try:
            async with asyncio.timeout(self.deadline_s), asyncio.TaskGroup() as group:
                for utterance in missing:
                    group.create_task(speak(utterance), name=f"speak-{utterance.key[:8]}")
        except TimeoutError as error:
            raise TransientError(
                f"The draft voice hadn't said everything after {self.deadline_s:g} s.",
                code="voice-failed",
                hint="What was said is kept for the next run; PREVIEW_JOB_TIMEOUT_S can be raised.",
            ) from error
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    def _kept(self, utterances: Iterable[Utterance]) -> dict[Utterance, int]:
        """The length in ms of each that was said before; they are marked as used. A damaged recording goes."""
        lengths = {}
        for utterance in utterances:
            path = self.folder / _place(utterance)
            with suppress(OSError):
                _mark_as_used(path)
                length = recorded_ms(path)
                if length is None:
                    path.unlink()
                else:
                    lengths[utterance] = length
        return lengths

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
            for path, status in self._files(PARTIAL_SUFFIX):
                if time.time() - status.st_mtime > PARTIAL_AGE_S:
                    path.unlink(missing_ok=True)
            kept = [(status.st_atime_ns, status.st_size, path) for path, status in self._files(SUFFIX)]
            excess = sum(size for _, size, _ in kept) - KEPT_BYTES
            for _, size, path in sorted(kept):
                if excess <= 0:
                    break
                path.unlink(missing_ok=True)
                excess -= size

    def _files(self, suffix: str) -> Iterator[tuple[Path, os.stat_result]]:
        for path in self.folder.rglob(f"*{suffix}"):
            with suppress(FileNotFoundError):  # another worker has just removed it
                yield path, path.stat()


def _checked_length_ms(sound: bytes) -> int:
    length = length_ms(sound, len(sound))
    if length is None:
        raise TransientError("The draft voice gave no whole recording.", code="voice-failed")
    return length


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


def _mark_as_used(path: Path) -> None:
    """Set a recording's time of access: that of its last change tells whether somebody has written to it.

    Once in a while only: a mark is a change to the library, which hashes the file again.
    """
    status = path.stat()
    if (now_ns := time.time_ns()) - status.st_atime_ns > MARKED_EACH_NS:
        os.utime(path, ns=(now_ns, status.st_mtime_ns))


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
    return f"{utterance.key[:2]}/{utterance.key}{SUFFIX}"
