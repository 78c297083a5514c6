"""Puts one hostile file after the other before a warm render process, and tells what became of it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from preview_worker.errors import PreviewError, RenderCrashError, RenderStartError, RenderStuckError
from preview_worker.render.lifecycle import ProcessLimits
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import Check, Failed, Finished, Source, Work
from support.forks import forked
from support.hostile.parts import wav

LONGEST_S = 10
ASSET_ID, VOICE_ID = "wolf", "voice"
VOICE = wav(bytes(48_000))
"""Half a second in which the words of a file of timings are spoken."""
USES = {
    "picture": {"visuals": [ASSET_ID]},
    "sound": {"narrationAssetId": ASSET_ID},
    "timings": {"narrationTimings": ASSET_ID, "narrationAssetId": VOICE_ID},
}
CODES = {"asset-undecodable"}
"""What a file may be refused with."""
_GENEROUS = ProcessLimits(memory_bytes=2_000_000_000)
"""The watch over memory is left to the tests, which are stricter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a file: `refusal` is None where it was accepted."""

    name: str
    refusal: PreviewError | None
    took_s: float
    processor_s: float
    growth_bytes: int


class DiedError(AssertionError):
    """The render process died of a file, or took too long over it."""


class Examiner:
    """One warm render process; it is the next one only behind a death.

    Args:
        folder: Where its folder may be.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: RenderProcess | None = None
        self._started = 0

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self._end()

    async def pid(self):
        """Process id of the render process, which is started if there is none."""
        if self._process is None:
            self._started += 1
            self._process = RenderProcess(self.folder / f"work-{self._started}", limits=_GENEROUS, launch=forked())
            await self._process.start()
            (self._process.folder / "in" / f"{VOICE_ID}.wav").write_bytes(VOICE)
        return self._process.pid

    async def examine(self, name, content, use):
        """Have a file checked as a picture, a sound or word times.

        Raises:
            DiedError: It killed the process, or took longer than 10 s.
        """
        pid = await self.pid()
        process = self._process
        (process.folder / "in" / name).write_bytes(content)
        work = work_of(name, content, use)
        _forget_peak(pid)
        peak, spent, began = _peak_bytes(pid), _processor_s(pid), time.monotonic()
        try:
            async with asyncio.timeout(LONGEST_S):
                await process.answer(Check(work=work))
                refusal = await self._refusal(process)
        except (RenderStartError, RenderCrashError, RenderStuckError, TimeoutError) as error:
            await self._end()
            raise DiedError(f"{name}: {error!r} {getattr(error, 'hint', '')}") from error
        took_s = time.monotonic() - began
        (process.folder / "in" / name).unlink()
        return Verdict(
            name=name,
            refusal=refusal,
            took_s=took_s,
            processor_s=_processor_s(pid) - spent,
            growth_bytes=max(0, _peak_bytes(pid) - peak),
        )

    async def _refusal(self, process):
        """Listen to the end of a command: `run` would end the process with the first refusal."""
        while True:
            match await process._running().hearing.event(LONGEST_S):
                case Finished():
                    return None
                case Failed() as failed:
                    return failed.error()

    async def _end(self):
        if self._process is not None:
            await self._process.stop()
        self._process = None


def work_of(name, content, use, **changes):
    """A tutorial of one step that uses the file."""
    request = {
        "title": "A game",
        "steps": [{"id": "step", "text": "Take one.", "durationMs": 1000, **USES[use]}],
        "assets": [{"id": ASSET_ID, "uri": "wolf.bin"}],
        "audio": {},
        "options": {"resolution": "160x90", "fps": 12, "includeCaptions": True},
    }
    sources = {ASSET_ID: Source(file=name, sha256=hashlib.sha256(content).hexdigest())}
    if use == "timings":
        request["assets"].append({"id": VOICE_ID, "uri": "voice.wav"})
        sources[VOICE_ID] = Source(file="voice.wav", sha256=hashlib.sha256(VOICE).hexdigest())
    return Work(
        **{
            "job_id": "job",
            "project_id": "project",
            "request_id": "request",
            "digest": "d" * 64,
            "request": request,
            "sources": sources,
        }
        | changes
    )


def fault_of(verdict):
    """What is wrong with a verdict, None where nothing is: a refusal must be final, clear, and tell nothing of us."""
    refusal = verdict.refusal
    if refusal is None:
        return None
    words = f"{refusal.sentence} {refusal.hint}"
    faults = {
        "may be tried again": refusal.retryable,
        f"has the code {refusal.code}": refusal.code not in CODES,
        "doesn't name the asset": ASSET_ID not in refusal.sentence,
        "has no hint": not refusal.hint,
        "is no sentence": not refusal.sentence.endswith(".") or "\n" in words or len(words) > 600,
        "speaks of the program": any(word in words for word in ("Traceback", "Error", "/in/", ".py", str(Path.cwd()))),
        "has no place": refusal.pointer is None,
    }
    found = [fault for fault, there in faults.items() if there]
    return f"{verdict.name}: the refusal {', '.join(found)}: {words}" if found else None


def _forget_peak(pid):
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _peak_bytes(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _processor_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
