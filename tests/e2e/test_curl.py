"""A tutorial posted by curl, followed through the routes to its file, as the README tells."""

from __future__ import annotations

import json
import shutil
import subprocess
import time

import pytest

from support.illustrated import FPS, STEP_MS, illustrated
from support.node import unavailable
from support.processes import DEADLINE_S, ENDED, PREFIX
from support.videos import boxes, decoded, read_json, sha256_of

PROJECT = "curl-harbour"
FILES = {
    *("preview.mp4", "poster.jpg", "contact-sheet.jpg", "captions.vtt", "captions.srt", "chapters.json"),
    *("chapters.vtt", "youtube.txt", "preview.json", "render.log"),
}


@pytest.fixture(scope="module")
def curl(service):
    if shutil.which("curl") is None:
        unavailable("curl is needed")

    def call(path, *arguments):
        command = ["curl", "--silent", "--show-error", "--fail-with-body", "--noproxy", "*", *arguments]
        command.append(f"http://127.0.0.1:{service.port}{path}")
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout else None

    return call


@pytest.fixture(scope="module")
def posted(service, curl, tmp_path_factory):
    """The answer to the post of a tutorial."""
    payload = illustrated(service.places.assets(PROJECT), "by-curl", project=PROJECT)
    file = tmp_path_factory.mktemp("curl") / "tutorial.json"
    file.write_text(json.dumps(payload))
    return curl(f"{PREFIX}/job", "--header", "Content-Type: application/json", "--data-binary", f"@{file}")


@pytest.fixture(scope="module")
def followed(curl, posted):
    """Every status until the job has ended."""
    seen, give_up_at_s = [], time.monotonic() + DEADLINE_S
    while not seen or seen[-1]["status"] not in ENDED:
        assert time.monotonic() < give_up_at_s, seen[-1]
        seen.append(curl(posted["links"]["status"]))
    return seen


@pytest.fixture(scope="module")
def downloaded(curl, followed, posted, tmp_path_factory):
    """Its video, and what the artifact route says of it."""
    assert followed[-1]["status"] == "completed", followed[-1]["failedReason"]
    artifact = curl(posted["links"]["artifact"])
    target = tmp_path_factory.mktemp("download") / "preview.mp4"
    curl(artifact["url"], "--output", str(target))
    return artifact, target


def test_the_routes_lead_from_the_post_to_the_very_file_when_curl_calls_them(curl, posted, followed, downloaded):
    assert posted["status"] == "queued"
    assert posted["estimate"]["videoMs"] == 4 * STEP_MS
    progress = [status["progress"] for status in followed]
    assert progress == sorted(progress)
    assert (progress[-1], followed[-1]["framesDone"]) == (100, followed[-1]["framesTotal"])

    artifact, video = downloaded
    listed = {file["name"]: file for file in artifact["files"]}
    assert listed.keys() - {"container.json"} == FILES
    assert listed["preview.mp4"]["sha256"] == sha256_of(video)
    assert listed["preview.mp4"]["size"] == video.stat().st_size

    metrics, health = curl(f"{PREFIX}/queue/metrics"), curl(f"{PREFIX}/worker/health")
    assert metrics["completed"] >= 1
    assert health["status"] in {"healthy", "degraded"}


@pytest.mark.usefixtures("downloaded")
def test_the_container_lists_every_other_file_with_its_size_and_hash(service):
    folder = service.places.preview(PROJECT, "by-curl")
    there = {path.name: (path.stat().st_size, sha256_of(path)) for path in folder.iterdir()}
    there.pop("container.json")
    listed = {file["path"]: (file["size"], file["sha256"]) for file in read_json(folder, "container.json")["files"]}
    assert listed == there


def test_the_video_is_what_was_planned_when_it_is_decoded(posted, downloaded):
    _, video = downloaded
    result = decoded(video)
    planned_s = posted["estimate"]["videoMs"] / 1000
    assert result.codecs == ("h264", "aac")
    assert result.size_px == (320, 180)
    assert abs(result.frames - planned_s * FPS) <= 1
    assert result.pts_steps == {1.0}
    assert abs(result.samples / result.sample_rate_hz - planned_s) <= 1 / FPS
    assert min(result.brightest) > 60
    assert len(result.chapters) == 4
    assert [start_s for _, start_s in result.chapters] == pytest.approx([0, 1.2, 2.4, 3.6], abs=0.001)


def test_the_index_stands_before_the_media_when_the_video_is_an_mp4(downloaded):
    names = boxes(downloaded[1])
    assert names.index("moov") < names.index("mdat")


@pytest.mark.needs_ffmpeg
def test_a_second_decoder_finds_nothing_to_say_when_it_decodes_the_video(downloaded):
    if shutil.which("ffmpeg") is None:
        unavailable("ffmpeg is needed")
    command = ["ffmpeg", "-v", "error", "-xerror", "-i", str(downloaded[1]), "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_file_is_served_in_ranges_when_curl_asks_for_a_part(curl, downloaded, tmp_path):
    artifact, video = downloaded
    part = tmp_path / "part"
    curl(artifact["url"], "--range", "100-299", "--output", str(part))
    assert part.read_bytes() == video.read_bytes()[100:300]
