"""A tutorial is watched in a real browser while it renders."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.illustrated import illustrated
from support.node import unavailable
from support.processes import DEADLINE_S, PREFIX

PROJECT = "live-harbour"
EARLY = {"poster": "poster.jpg", "contactSheet": "contact-sheet.jpg", "playlist": "index.m3u8"}

PLAY = """
(urls) => Promise.all(urls.map(async (url) => {
  const video = document.createElement("video");
  video.muted = true;
  video.src = url;
  document.body.append(video);
  await new Promise((done, failed) => {
    video.onended = done;
    video.onerror = () => failed(new Error(`${url}: ${video.error.message}`));
    video.play().catch(failed);
  });
  const quality = video.getVideoPlaybackQuality();
  return { seconds: video.currentTime, width: video.videoWidth, heard: video.webkitAudioDecodedByteCount,
           frames: quality.totalVideoFrames };
}))
"""


@pytest.fixture(scope="module")
def played(browser, service, rendered):
    """What a browser saw of the playlist and of the finished video, played side by side to their ends."""
    seen, _ = rendered
    page = browser.new_page()
    page.set_default_timeout(DEADLINE_S * 1000)
    page.goto(f"http://127.0.0.1:{service.port}/")
    return page.evaluate(PLAY, [seen[-1]["live"]["playlist"], f"{PREFIX}/job/watched/files/preview.mp4"])


@pytest.fixture(scope="module")
def rendered(service):
    """Every status until the job has ended, and what its early files were at the first moment they were told."""
    payload = illustrated(service.places.assets(PROJECT), "watched", project=PROJECT)
    job_id = service.submit(payload)
    seen, early = [], {}

    def look():
        status = service.status(job_id)
        seen.append(status)
        for kind, path in status.get("live", {}).items():
            if kind not in early:
                early[kind] = service.http.get(path)
        return status["status"] == "completed"

    service.until(look)
    return seen, early


def test_early_files_can_be_fetched_from_the_moment_they_are_told(rendered):
    seen, early = rendered
    assert early["poster"].status_code == early["playlist"].status_code == 200
    assert early["poster"].content.startswith(b"\xff\xd8")
    assert early["playlist"].text.startswith("#EXTM3U\n")
    assert {kind: path.rpartition("/")[2] for kind, path in seen[-1]["live"].items()} == EARLY


def test_whole_tutorial_plays_in_a_browser_from_its_playlist(played):
    live, _ = played
    assert live["seconds"] == pytest.approx(4.8, abs=0.15)
    assert live["width"] == 320
    assert live["heard"] > 0
    assert live["frames"] > 60


def test_finished_video_plays_in_a_browser(played):
    _, finished = played
    assert finished["seconds"] == pytest.approx(4.8, abs=0.05)
    assert finished["width"] == 320
    assert finished["heard"] > 0
    assert finished["frames"] > 60


def test_playlist_decodes_without_a_word_and_shows_the_frames_of_the_video(service, rendered, tmp_path):
    if shutil.which("ffmpeg") is None:
        unavailable("ffmpeg is needed")
    seen, _ = rendered
    video = service.places.preview(PROJECT, "watched") / "preview.mp4"
    playlist = f"http://127.0.0.1:{service.port}{seen[-1]['live']['playlist']}"
    assert frames_of(playlist, tmp_path / "live") == frames_of(str(video), tmp_path / "whole")
    assert f"{PREFIX}/job/watched/live/" in playlist


def frames_of(source, target: Path):
    """MD5 of every frame of the picture, by ffmpeg, which must not complain."""
    command = ["ffmpeg", "-v", "error", "-i", source, "-map", "0:v", "-f", "framemd5", str(target)]
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    lines = target.read_text().splitlines()
    return [line.rpartition(",")[2].strip() for line in lines if not line.startswith("#")]
