"""What a second language of the bench's minute costs in one job, beside the first alone; processor time of the render.

Each job has a cold cache. Only what is heard and read beside the video differs, then texts on the screen, then lengths.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from material import PROJECT, STEPS, payload
from scenarios import Bench, Row
from service import finish, running_service

from preview_worker.client.http import PreviewClient

FRENCH = (
    "Posez le plateau au milieu de la table, à la portée de tous.",
    "Chaque joueur prend cinq jetons et une carte ; le reste retourne dans la boîte.",
    "Mélangez les cartes, et posez-les face cachée à côté du plateau.",
    "À votre tour, piochez une carte et avancez un de vos jetons sur un chemin.",
)


def language_rows(bench: Bench) -> Iterator[Row]:
    """The first language alone, then with a second one that differs in more and more."""
    data_dir = bench.data_dir("languages")
    with running_service(data_dir) as client:
        _made(client, data_dir, "warm-up", _one)
        alone = yield from _row(client, data_dir, "one language, cold", _one, None)
        yield from _row(client, data_dir, "a second one: words heard and read in a file", _heard, alone)
        yield from _row(client, data_dir, "a second one: titles on the screen too", _shown, alone)
        yield from _row(client, data_dir, "a second one: other lengths too", _timed, alone)


Edit = Callable[[dict[str, Any]], None]


def _row(client: PreviewClient, data_dir: Path, label: str, edit: Edit, alone_ms: int | None) -> Iterator[Row]:
    """Yields the row; returns the processor time in ms."""
    shutil.rmtree(data_dir / "cache")
    wall_ms, cpu_ms, folder = _made(client, data_dir, edit.__name__.strip("_"), edit)
    remark = f"{cpu_ms} ms of processor time"
    if alone_ms is not None:
        cache = json.loads((folder / "fr" / "preview.json").read_text())["cache"]
        remark += (
            f": {(cpu_ms - alone_ms) / alone_ms:+.1%}; the second drew {cache['drawnFrames']} frames, "
            f"prepared {cache['preparedPictures']} pictures, shared {cache['shared']} of {cache['segments']} segments"
        )
    yield Row(label=label, wall_ms=wall_ms, remark=remark)
    return cpu_ms


def _made(client: PreviewClient, data_dir: Path, job_id: str, edit: Edit) -> tuple[float, int, Path]:
    """Wall and processor time of a job in ms, and its folder."""
    job = payload(job_id, burned=False, furniture={"badge": "none"})
    edit(job["previewRequest"])
    client.submit(job)
    status = finish(client, job_id)
    folder = data_dir / "previews" / PROJECT / job_id
    cpu_ms = int((folder / "render.log").read_text().partition("cpu_ms=")[2].split()[0])
    return status["finishedOn"] - status["processedOn"], cpu_ms, folder


def _one(_request: dict[str, Any]) -> None:
    return


def _heard(request: dict[str, Any]) -> None:
    steps = {
        step["id"]: {"narration": FRENCH[number % len(FRENCH)], "narrationAssetId": f"voice{(number + 1) % STEPS}"}
        for number, step in enumerate(request["steps"])
    }
    request["variants"] = [{"language": "fr", "steps": steps}]


def _shown(request: dict[str, Any]) -> None:
    _heard(request)
    for number, step in enumerate(request["steps"]):
        step["title"] = f"Step {number + 1}"
        request["variants"][0]["steps"][step["id"]]["title"] = f"Étape {number + 1}"


def _timed(request: dict[str, Any]) -> None:
    _shown(request)
    for step in request["steps"]:
        del step["durationMs"]
    for words in request["variants"][0]["steps"].values():
        del words["narrationAssetId"]
