"""A job in two languages through the whole service: files, result, routes and commands for each."""

from __future__ import annotations

import subprocess
import sys

import httpx2

from support.processes import environment
from support.service import payload
from support.videos import read_json

STEPS = [
    {"id": "deal", "title": "Deal", "text": "Deal five cards.", "durationMs": 1500},
    {"id": "play", "title": "Play", "text": "Play one of them.", "durationMs": 1500},
]
FRENCH = {
    "language": "fr",
    "steps": {
        "deal": {"title": "Donne", "text": "Distribuez cinq cartes."},
        "play": {"title": "Jeu", "text": "Jouez-en une."},
    },
}


def tutorial(job_id, **members):
    small = {"resolution": "320x180", "fps": 12}
    return payload(job_id, project="languages", steps=STEPS, variants=[FRENCH], options=small, **members)


def command(service, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "preview_worker", *arguments, "--url", f"http://127.0.0.1:{service.port}"],
        env=environment(service.data_dir),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_job_in_two_languages_is_made_listed_served_and_approved(service, tmp_path):
    folder = service.completed(tutorial("languages-1"))
    report = read_json(folder, "preview.json")
    assert [(variant["language"], variant["folder"]) for variant in report["variants"]] == [("fr", "fr")]
    assert read_json(folder / "fr", "preview.json")["language"] == "fr"
    assert "Distribuez cinq cartes." in (folder / "fr" / "captions.vtt").read_text()

    with httpx2.Client(base_url=f"http://127.0.0.1:{service.port}", trust_env=False) as http:
        job = "/api/preview/job/languages-1"
        own, french = (http.get(f"{job}/artifact", params=query).json() for query in ({}, {"language": "FR"}))
        assert (own["url"], french["url"]) == (f"{job}/files/preview.mp4", f"{job}/files/fr/preview.mp4")
        assert http.get(f"{job}/artifact", params={"language": "en"}).json()["url"] == own["url"]
        assert http.get(f"{job}/artifact", params={"language": "de"}).json()["code"] == "language-not-found"
        video = http.get(french["url"], headers={"Range": "bytes=0-99"})
        assert (video.status_code, video.content) == (206, (folder / "fr" / "preview.mp4").read_bytes()[:100])
        assert http.get(f"{job}/files/fr/%2e%2e/%2e%2e/secret").status_code == 404

    done = command(service, "artifact", "languages-1", "-o", str(tmp_path / "copy"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "copy" / "fr" / "preview.mp4").read_bytes() == (folder / "fr" / "preview.mp4").read_bytes()
    approved = command(service, "approve", "languages-1", "--language", "fr")
    assert (approved.returncode, approved.stdout) == (0, "approved languages-1\n"), approved.stderr
    again = service.completed(tutorial("languages-2"))
    bases = [read_json(place, "preview.json")["changes"]["basis"] for place in (again, again / "fr")]
    assert bases == ["last", "approved"]


def test_a_dry_run_plans_every_language(service):
    folder = service.completed(tutorial("languages-3", dry_run=True))
    plans = [read_json(place, "preview.json") for place in (folder, folder / "fr")]
    assert [plan["language"] for plan in plans] == ["en", "fr"]
    assert {plan["kind"] for plan in plans} == {"plan"}
    assert [plan["steps"][0]["title"] for plan in plans] == ["Deal", "Donne"]
    assert {file["path"] for file in read_json(folder, "container.json")["files"]} == {
        "preview.json",
        "fr/preview.json",
    }
