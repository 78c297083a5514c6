"""The two sample payloads that producers start from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.processes import PREFIX
from support.videos import decoded, read_json

ROOT = Path(__file__).parents[2]
TITLE_CARD_S = 3


@pytest.mark.parametrize(
    ("name", "video", "codecs", "fps"),
    [("minimal", "preview.mp4", ("h264", "aac"), 30), ("full", "preview.webm", ("vp9", "opus"), 30)],
)
def test_a_sample_gives_a_visible_title_card_when_it_is_no_dry_run(service, name, video, codecs, fps):
    folder = service.completed(sample(name) | {"dryRun": False, "jobId": f"{name}-card"})
    card = decoded(folder / video)
    assert card.codecs == codecs
    assert card.size_px == (1280, 720)
    assert card.frames == TITLE_CARD_S * fps
    assert card.pts_steps == {1.0}
    assert min(card.brightest[10:]) > 200
    assert abs(card.samples / card.sample_rate_hz - TITLE_CARD_S) <= 1 / fps


@pytest.mark.parametrize("name", ["minimal", "full"])
def test_a_sample_gives_a_plan_and_no_video_when_it_is_a_dry_run(service, name):
    payload = sample(name)
    assert payload["dryRun"] is True
    folder = service.completed(payload)
    assert folder == service.places.plan(payload["projectId"], payload["jobId"])
    assert sorted(path.name for path in folder.iterdir()) == ["container.json", "preview.json"]
    report = read_json(folder, "preview.json")
    assert report["kind"] == "plan"
    assert report["video"]["frames"] == TITLE_CARD_S * 30

    listed = service.http.get(f"{PREFIX}/job/{payload['jobId']}/artifact").json()
    assert {file["name"] for file in listed["files"]} - {"container.json"} == {"preview.json"}
    assert service.http.get(listed["url"]).json() == report


def sample(name):
    return json.loads((ROOT / f"preview_payload_{name}.json").read_text())
