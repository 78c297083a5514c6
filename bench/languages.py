"""What a second language of the bench's minute costs in one job, beside the first alone; processor time of the render.

Each job has a cold cache. Only what is heard and read beside the video differs, then texts on the screen, then lengths.
A machine's speed may change by half within minutes: the first two are compared in rounds, one, two, two, one, and the
median of the rounds' shares is told. The least of each would be of different phases.
"""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from material import PROJECT, STEPS, payload
from scenarios import Bench, Row
from service import finish, running_service

from preview_worker.client.http import PreviewClient

COMPARED_ROUNDS, OTHER_ROUNDS = 4, 2
FRENCH = (
    "Posez le plateau au milieu de la table, à la portée de tous.",
    "Chaque joueur prend cinq jetons et une carte ; le reste retourne dans la boîte.",
    "Mélangez les cartes, et posez-les face cachée à côté du plateau.",
    "À votre tour, piochez une carte et avancez un de vos jetons sur un chemin.",
)


def language_rows(bench: Bench) -> Iterator[Row]:
    """The first language alone, then with a second that differs in more and more; cold runs in turn."""
    data_dir = bench.data_dir("languages")
    with running_service(data_dir) as client:
        _made(client, data_dir, "warm-up", _one)
        kinds = {
            "one language, cold": _one,
            "a second one: words heard and read in a file": _heard,
            "a second one: titles on the screen too": _shown,
            "a second one: other lengths too": _timed,
        }
        runs: dict[str, list[_Run]] = {label: [] for label in kinds}
        one, heard, *others = kinds
        order = [one, heard, heard, one] * COMPARED_ROUNDS + others * OTHER_ROUNDS
        for number, label in enumerate(order):
            shutil.rmtree(data_dir / "cache")
            runs[label].append(_made(client, data_dir, f"job-{number}", kinds[label]))
    alone = runs[one]
    for label, made in runs.items():
        spent_ms = [run.cpu_ms for run in made]
        remark = f"{statistics.median(spent_ms):.0f} ms of processor time, {min(spent_ms)} to {max(spent_ms)}"
        if (cache := made[-1].second) is not None:
            shares = _shares(alone, made) if label == heard else _shares(alone[-len(made) :], made)
            remark += (
                f": {statistics.median(shares):+.1%} ({min(shares):+.1%} to {max(shares):+.1%}); "
                f"the second drew {cache['drawnFrames']} frames, "
                f"prepared {cache['preparedPictures']} pictures, "
                f"shared {cache['shared']} of {cache['segments']} segments"
            )
        yield Row(label=label, wall_ms=statistics.median(run.wall_ms for run in made), remark=remark)


Edit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One job: its times in ms, and what its second language's report says of the work."""

    wall_ms: float
    cpu_ms: int
    second: dict[str, int] | None


def _shares(alone: list[_Run], made: list[_Run]) -> list[float]:
    """What each two runs spent beyond two of the first language alone, as a share of these."""
    twos = range(0, len(alone), 2)
    spent_ms = [[sum(run.cpu_ms for run in runs[n : n + 2]) for n in twos] for runs in (alone, made)]
    return [more / one - 1 for one, more in zip(*spent_ms, strict=True)]


def _made(client: PreviewClient, data_dir: Path, job_id: str, edit: Edit) -> _Run:
    job = payload(job_id, burned=False, furniture={"badge": "none"})
    edit(job["previewRequest"])
    client.submit(job)
    status = finish(client, job_id)
    folder = data_dir / "previews" / PROJECT / job_id
    report = folder / "fr" / "preview.json"
    return _Run(
        wall_ms=status["finishedOn"] - status["processedOn"],
        cpu_ms=int((folder / "render.log").read_text().partition("cpu_ms=")[2].split()[0]),
        second=json.loads(report.read_text())["cache"] if report.exists() else None,
    )


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
