"""The benchmark's runs: each a list of rows, measured through a whole service of its own."""

from __future__ import annotations

import json
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import edits
import httpx2
from material import PROJECT, payload
from service import MemorySampler, finish, peak_resident_bytes, running_service, worker_pid

from preview_worker.client.http import PreviewClient

FRAME_CALLS = 50
SHARE_ROUNDS = 5
FPS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured thing.

    Attributes:
        label: What was done.
        wall_ms: From taking the job to its publication, by the worker's clock.
        real_time: Seconds of video for a second of work.
        remark: Anything else worth a column: memory, first look, ratio.
    """

    label: str
    wall_ms: float
    real_time: float | None = None
    remark: str = ""


class Bench:
    """A folder with the material, from which services get theirs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.video = root / "sample.mp4"

    def data_dir(self, name: str) -> Path:
        """A fresh DATA_DIR with the material in its place."""
        folder = self.root / name
        shutil.copytree(self.root / "material", folder / "assets" / PROJECT)
        return folder

    def edits_of_a_minute(self) -> Iterator[Row]:
        """All moving, cold; then one edit after the other, warm."""
        data_dir = self.data_dir("minute")
        with running_service(data_dir) as client:
            job = payload("cold")
            cold = measured(client, data_dir, "all moving, cold", job)
            shutil.copy(data_dir / "previews" / PROJECT / "cold" / "preview.mp4", self.video)
            yield cold
            for label, edit in (
                ("nothing changed", edits.nothing),
                ("a title", edits.title),
                ("a picture", edits.picture),
                ("two steps change places", edits.order),
                ("a step inserted", edits.insertion),
            ):
                yield measured(client, data_dir, label, edits.edited(job, edit.__name__, edit))
            shutil.copy(data_dir / "assets" / PROJECT / "photo8.jpg", data_dir / "assets" / PROJECT / "photo5.jpg")
            yield measured(client, data_dir, "a picture replaced in place", job | {"jobId": "replaced"})
            words = edits.edited(job, "words", edits.length_from_words)
            measured(client, data_dir, "", words)
            yield measured(
                client, data_dir, "words, and with them a length", edits.edited(words, "words-2", edits.narration)
            )
            sidecar = payload("sidecar", burned=False)
            measured(client, data_dir, "", sidecar)
            yield measured(
                client, data_dir, "words, captions in a file", edits.edited(sidecar, "sidecar-2", edits.narration)
            )

    def share_of_the_limit(self, limit_fps: Callable[[Path], float]) -> Iterator[Row]:
        """The cold job five times in a warm service, its cache emptied before, each between two looks at the limit."""
        data_dir = self.data_dir("share")
        with running_service(data_dir) as client:
            measured(client, data_dir, "", payload("sample"))
            video = data_dir / "previews" / PROJECT / "sample" / "preview.mp4"
            before, shares, walls_ms = limit_fps(video), [], []
            for number in range(SHARE_ROUNDS):
                shutil.rmtree(data_dir / "cache")
                job = payload(f"round-{number}", watermark=f"round {number}")
                row = measured(client, data_dir, "all moving, cold, between two limits", job)
                after = limit_fps(video)
                limit = (before + after) / 2 / FPS
                shares.append((row.real_time or 0) / limit)
                walls_ms.append(row.wall_ms)
                yield replace(row, remark=f"limit {limit:.1f} ×: {shares[-1]:.2f} of it; {row.remark}")
                before = after
        remark = f"{statistics.median(shares):.2f} of the limit; {min(shares):.2f} to {max(shares):.2f}"
        yield Row(label="median of these", wall_ms=statistics.median(walls_ms), remark=remark)

    def other_kinds(self) -> Iterator[Row]:
        """Half held, upright, larger: no segment is there, in a warm service that has measured the assets."""
        data_dir = self.data_dir("kinds")
        with running_service(data_dir) as client:
            measured(client, data_dir, "", payload("warm-up"))
            yield measured(client, data_dir, "all moving, cold, warm worker", payload("again", watermark="again"))
            half = edits.edited(payload("half", watermark="half"), "half", edits.half_held)
            yield measured(client, data_dir, "half held", half)
            yield measured(client, data_dir, "9:16", payload("upright", resolution="720x1280"))
            yield measured(client, data_dir, "1920×1080", payload("large", resolution="1920x1080"))

    def long_tutorial(self) -> Iterator[Row]:
        """Ten minutes of 80 steps, cold, then one title."""
        data_dir = self.data_dir("long")
        with running_service(data_dir) as client:
            job = payload("long", steps=80)
            yield measured(client, data_dir, "10 min, 80 steps, cold", job)
            pid = worker_pid(client)
            row = measured(client, data_dir, "10 min, a title", edits.edited(job, "long-title", edits.title))
            peak_mb = peak_resident_bytes(pid) / 1e6
            yield Row(
                label=row.label,
                wall_ms=row.wall_ms,
                real_time=row.real_time,
                remark=f"peak of the render process {peak_mb:.0f} MB",
            )

    def together(self) -> Iterator[Row]:
        """Two different jobs one after the other, then two others at once: no segment is shared."""
        data_dir = self.data_dir("together")
        with running_service(data_dir) as client:
            started_s = time.monotonic()
            for name in ("serial-1", "serial-2"):
                client.submit(payload(name, watermark=name))
                finish(client, name)
            serial_ms = (time.monotonic() - started_s) * 1000
            yield Row(label="two jobs, one after the other", wall_ms=serial_ms)
            started_s = time.monotonic()
            for name in ("parallel-1", "parallel-2"):
                client.submit(payload(name, watermark=name))
            for name in ("parallel-1", "parallel-2"):
                finish(client, name)
            parallel_ms = (time.monotonic() - started_s) * 1000
            looks = " and ".join(first_look(client, data_dir, name) for name in ("parallel-1", "parallel-2"))
            ratio = f"{parallel_ms / serial_ms:.2f} of that; {looks}"
            yield Row(label="two jobs at once", wall_ms=parallel_ms, remark=ratio)

    def memory(self) -> Iterator[Row]:
        """Peak memory of worker and render process; looking at it costs time, so that the time says nothing."""
        data_dir = self.data_dir("memory")
        with running_service(data_dir) as client, MemorySampler(worker_pid(client)) as memory:
            row = measured(client, data_dir, "memory (PSS at 20 Hz)", payload("memory"))
            peak_mb = peak_resident_bytes(worker_pid(client)) / 1e6
        remark = f"worker + render process {memory.pair_bytes / 1e6:.0f} MB PSS, render process {peak_mb:.0f} MB VmHWM"
        yield Row(label=row.label, wall_ms=row.wall_ms, remark=remark)

    def single_frames(self) -> Iterator[Row]:
        """One frame over HTTP, at other moments of the same tutorial."""
        data_dir = self.data_dir("frames")
        with running_service(data_dir) as client, httpx2.Client(base_url=client.url, trust_env=False) as http:
            body = json.dumps(payload("frame"))
            times_ms = []
            for number in range(FRAME_CALLS + 1):
                started_s = time.monotonic()
                answer = http.post(
                    "/api/preview/frame",
                    params={"step": f"s{number % 8}", "at": 400 + 100 * number},
                    content=body,
                    headers={"Content-Type": "application/json"},
                    timeout=30,
                )
                answer.raise_for_status()
                times_ms.append((time.monotonic() - started_s) * 1000)
        warm = sorted(times_ms[1:])
        remark = f"p95 {warm[int(len(warm) * 0.95) - 1]:.0f} ms, the very first {times_ms[0]:.0f} ms"
        yield Row(label="one frame (median)", wall_ms=statistics.median(warm), remark=remark)


def measured(client: PreviewClient, data_dir: Path, label: str, job: dict[str, Any]) -> Row:
    """Post a job, wait for it, and read its times."""
    client.submit(job)
    status = finish(client, job["jobId"])
    wall_ms = status["finishedOn"] - status["processedOn"]
    report = json.loads((data_dir / "previews" / PROJECT / job["jobId"] / "preview.json").read_text())
    duration_ms = report["video"]["durationMs"]
    look = first_look(client, data_dir, job["jobId"])
    return Row(label=label, wall_ms=wall_ms, real_time=duration_ms / wall_ms, remark=look)


def first_look(client: PreviewClient, data_dir: Path, job_id: str) -> str:
    """When the poster and the first fragment stood, from the job's start; where all is cached, there is no fragment."""
    started_s = client.status(job_id)["processedOn"] / 1000
    (attempt,) = (data_dir / "live" / PROJECT / job_id).iterdir()
    looks = []
    for what, name in (("poster", "poster.jpg"), ("first fragment", "00000.m4s")):
        if (attempt / name).exists():
            looks.append(f"{what} {((attempt / name).stat().st_mtime - started_s) * 1000:.0f} ms")
    return ", ".join(looks)
