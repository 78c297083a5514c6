"""`make bench`: the 60 s job through the whole service, beside x264 alone on the same frames in memory.

Prints a table and writes bench/results.json. Times are the worker's own: from taking the job to its publication.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from material import payload, write_material
from rich.console import Console
from rich.table import Table
from service import MemorySampler, finish, running_service, worker_pid

from preview_worker.client.http import PreviewClient
from preview_worker.contract import PreviewRequest
from preview_worker.render.encoding import encoding_profile

SAMPLE_FRAMES = 240
CORES = len(os.sched_getaffinity(0))


def main() -> None:
    """Run every scenario and tell the results."""
    root = Path(tempfile.mkdtemp(prefix="preview-bench-"))
    try:
        results = {"machine": f"{platform.machine()}, {CORES} cores, Python {platform.python_version()}"}
        write_material(root / "material")
        results["runs"] = [*_alone(root), *_together(root)]
        results["x264"] = _limit(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    _show(results)
    Path(__file__).with_name("results.json").write_text(json.dumps(results, indent=2) + "\n")


def _alone(root: Path) -> list[dict[str, Any]]:
    """Cold, then nothing changed, in one service; memory in another, for looking at it costs time."""
    data_dir = root / "alone"
    _supply(root, data_dir)
    with running_service(data_dir) as client:
        runs = [_run(client, label) for label in ("all moving, cold", "nothing changed")]
    shutil.copy(next((data_dir / "previews" / "bench").iterdir()) / "preview.mp4", root / "sample.mp4")
    _supply(root, root / "memory")
    with running_service(root / "memory") as client, MemorySampler(worker_pid(client)) as memory:
        _run(client, "memory")
    runs[0] |= {"peakPssMB": round(memory.pair_bytes / 1e6), "withSpareMB": round(memory.all_bytes / 1e6)}
    return runs


def _together(root: Path) -> list[dict[str, Any]]:
    """Two different jobs one after the other, then two others at once: no segment is shared."""
    data_dir = root / "together"
    _supply(root, data_dir)
    runs = []
    with running_service(data_dir) as client:
        started_s = time.monotonic()
        for number in (1, 2):
            _post(client, f"serial-{number}", number)
            finish(client, f"serial-{number}")
        serial_s = time.monotonic() - started_s
        runs.append({"label": "two jobs, one after the other", "wall_s": round(serial_s, 2)})
        started_s = time.monotonic()
        for number in (3, 4):
            _post(client, f"parallel-{number}", number)
        for number in (3, 4):
            finish(client, f"parallel-{number}")
        parallel_s = time.monotonic() - started_s
        runs.append(
            {"label": "two jobs at once", "wall_s": round(parallel_s, 2), "ratio": round(parallel_s / serial_s, 3)}
        )
    return runs


def _post(client: PreviewClient, job_id: str, variant: int) -> None:
    """The bench job, every frame of it different from another variant's."""
    job = payload(job_id)
    job["previewRequest"]["options"]["watermark"] = f"variant {variant}"
    client.submit(job)


def _run(client: PreviewClient, label: str) -> dict[str, Any]:
    job_id = label.replace(", ", "-").replace(" ", "-")
    client.submit(payload(job_id))
    status = finish(client, job_id)
    wall_s = (status["finishedOn"] - status["processedOn"]) / 1000
    video = next(file for file in client.artifact(job_id)["files"] if file["name"] == "preview.mp4")
    return {
        "label": label,
        "wall_s": round(wall_s, 2),
        "realTime": round(video["durationMs"] / 1000 / wall_s, 1),
        "sizeMB": round(video["size"] / 1e6, 1),
    }


def _limit(root: Path) -> dict[str, Any]:
    """x264 alone: frames of the very video, in memory, as many single-threaded encoders as cores."""
    with av.open(str(root / "sample.mp4")) as container:
        frames = []
        for frame in container.decode(video=0):
            frames.append(frame)
            if len(frames) == SAMPLE_FRAMES:
                break
    profile = encoding_profile(PreviewRequest.model_validate(payload("limit")["previewRequest"]), ())
    started_s = time.monotonic()
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(lambda _number: _encode(frames, dict(profile.video.options)), range(CORES)))
    fps = CORES * len(frames) / (time.monotonic() - started_s)
    return {"fps": round(fps), "realTime": round(fps / 30, 1)}


def _encode(frames: list[av.VideoFrame], options: dict[str, str]) -> None:
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, 30), Fraction(30)
    codec.thread_count, codec.gop_size, codec.options = 1, 10_000, options
    for frame in frames:
        codec.encode(frame)
    codec.encode(None)


def _supply(root: Path, data_dir: Path) -> None:
    shutil.copytree(root / "material", data_dir / "assets" / "bench")


def _show(results: dict[str, Any]) -> None:
    table = Table(title=f"60 s, 8 steps, 1280×720 at 30 fps, all outputs ({results['machine']})")
    for heading in ("run", "wall s", "× real time", "PSS MB", "with spare", "file MB", "ratio"):
        table.add_column(heading, justify="left" if heading == "run" else "right")
    for run in results["runs"]:
        table.add_row(
            run["label"],
            str(run["wall_s"]),
            str(run.get("realTime", "")),
            str(run.get("peakPssMB", "")),
            str(run.get("withSpareMB", "")),
            str(run.get("sizeMB", "")),
            str(run.get("ratio", "")),
        )
    limit = results["x264"]
    table.add_row("x264 alone, frames in memory", "", str(limit["realTime"]), "", "", "", "")
    Console().print(table)


if __name__ == "__main__":
    main()
