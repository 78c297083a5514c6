"""`preview-worker dev` as an author has it: a file edited on the disk, the stream behind the page, a real browser."""

from __future__ import annotations

import json
import signal
import threading

import httpx2
import pytest

from preview_worker.storage.places import Places
from support.illustrated import STEP_MS, illustrated
from support.media import picture_file
from support.processes import DEADLINE_S, Part, descendants, gone, running


class Author:
    """A tutorial's file, the command that follows it, and what its stream has told."""

    def __init__(self, folder):
        self.file = folder / "tutorial" / "tutorial.json"
        self.request = illustrated(self.file.parent, "harbour", project="harbour")["previewRequest"]
        self.write_over()
        self.command = Part(folder / "data", "dev", str(self.file))
        self.url = self.command.until(self._address)
        self.http = httpx2.Client(base_url=self.url, timeout=DEADLINE_S, trust_env=False)
        self.told = []
        self.listening = threading.Thread(target=self._listen, name="listening", daemon=True)
        self.listening.start()

    def edit(self, index, **members):
        self.request["steps"][index] |= members

    def write_over(self):
        self.file.write_text(json.dumps(self.request, indent=1))

    def rename_into_place(self):
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.request, indent=1))
        new.rename(self.file)

    def until(self, part, condition=lambda _: True, *, since=0):
        """Wait for something the stream tells; returns it."""
        return self.command.until(
            lambda: next((told for kind, told in self.told[since:] if kind == part and condition(told)), None)
        )

    def saved(self, save, *, phase="ready"):
        """Save the file in some way; returns the state it leads to, and the videos shown meanwhile."""
        since = len(self.told)
        save()
        state = self.until("state", lambda told: told["phase"] == phase, since=since)
        return state, [told for kind, told in self.told[since:] if kind == "video"]

    def _address(self):
        lines = self.command.log.read_text().splitlines()
        return next((line for line in lines if line.startswith("http://127.0.0.1:")), None)

    def _listen(self):
        with self.http.stream("GET", "/events") as answer:
            part = None
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    part = value
                elif name == "data":
                    self.told.append((part, json.loads(value)))


@pytest.fixture(scope="module")
def author(tmp_path_factory):
    author = Author(tmp_path_factory.mktemp("dev"))
    with running(author.command):
        author.until("state", lambda told: told["phase"] == "ready")
        yield author
        author.command.end()
        author.listening.join(DEADLINE_S)
        author.http.close()


@pytest.fixture
def page(author, browser):
    """The page, showing the video."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    page.set_default_timeout(DEADLINE_S * 1000)
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.goto(author.url)
    page.wait_for_selector("body[data-phase=ready]")
    author.command.until(lambda: page.evaluate("document.getElementById('video').readyState") > 1)
    yield page
    page.close()


@pytest.mark.parametrize("way", ["write_over", "rename_into_place"])
def test_edited_step_is_seen_first_and_then_the_whole_video_when_the_file_is_saved(author, way):
    before = author.until("video")
    since = len(author.told)
    author.edit(2, title=f"A turn, {way}")
    state, [video] = author.saved(getattr(author, way))
    frames = [told["frame"] for kind, told in author.told[since:] if kind == "state" and told["frame"]]
    assert {frame["stepId"] for frame in frames} == {"step-3"}
    first_frame = next(at for at, told in enumerate(author.told) if at >= since and told[1].get("frame"))
    assert first_frame < author.told.index(("video", video))
    picture = author.http.get(frames[0]["url"])
    assert (picture.headers["content-type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert video["url"] != before["url"]
    assert 0 < video["segmentsMade"] < video["segments"]
    assert video["steps"][2]["title"] == f"A turn, {way}"
    assert [step["startMs"] for step in video["steps"]] == [index * STEP_MS for index in range(4)]
    assert state["tookMs"] > 0


def test_video_is_served_in_parts_and_the_one_before_stays_for_a_while(author):
    author.edit(1, text="Place the board.")
    _, [before] = author.saved(author.write_over)
    author.edit(1, text="Place the board in the middle.")
    _, [video] = author.saved(author.write_over)
    whole = author.http.get(video["url"])
    assert (whole.status_code, whole.headers["content-type"], whole.content[4:8]) == (200, "video/mp4", b"ftyp")
    part = author.http.get(video["url"], headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert author.http.get(before["url"]).content != whole.content
    assert author.http.get(video["captionsUrl"]).text.startswith("WEBVTT")
    assert author.http.get(video["posterUrl"]).content.startswith(b"\xff\xd8")


def test_nothing_of_a_stale_render_is_shown_when_a_save_comes_meanwhile(author):
    since = len(author.told)
    options = author.request["options"]
    # Much to draw: it takes many times as long as the next save needs to be noticed.
    author.request |= {"title": "stale", "options": options | {"resolution": "1920x1080", "fps": 30, "quality": "high"}}
    author.write_over()
    author.until("state", lambda told: told["phase"] == "rendering", since=since)
    author.request |= {"title": "newest", "options": options}
    _, [video] = author.saved(author.write_over)
    assert video["title"] == "newest"
    assert [told["title"] for kind, told in author.told[since:] if kind == "video"] == ["newest"]


def test_places_of_the_errors_are_told_when_a_save_is_invalid(author):
    good = author.file.read_text()
    state, videos = author.saved(lambda: author.file.write_text('{"title": "x",\n "steps": 7}'), phase="invalid")
    assert videos == []
    assert [(fault["line"], fault["column"], fault["code"]) for fault in state["faults"]] == [(2, 2, "wrong-type")]
    assert f"{author.file}:2:2: steps" in author.command.log.read_text()
    shown = [told for kind, told in author.told if kind == "video"][-1]
    _, [video] = author.saved(lambda: author.file.write_text(good))
    assert video["url"] == shown["url"], "an edit that was taken back is rendered again"


def test_video_is_made_anew_when_a_picture_is_saved(author):
    picture = author.file.parent / "board.jpg"
    _, [video] = author.saved(lambda: picture_file(picture, size_px=(360, 480)))
    assert video["segmentsMade"] > 0


def test_page_shows_everything_at_once_when_it_is_opened_late(author, page):
    assert page.text_content("#title") == author.request["title"]
    assert page.locator("#step-list button").count() == 4
    page.locator("#step-list button").nth(2).click()
    author.command.until(lambda: page.evaluate("document.getElementById('video').currentTime") == 2 * STEP_MS / 1000)
    assert page.locator("#step-list [aria-current]").text_content().startswith("0:02")
    assert page.faults == []


@pytest.mark.parametrize("playing", [False, True])
def test_player_keeps_its_second_and_warnings_appear_when_a_step_is_edited(author, page, playing):
    page.evaluate("document.getElementById('video').muted = true")
    page.evaluate("document.getElementById('video').currentTime = 2.4")
    if playing:
        page.evaluate("document.getElementById('video').play()")
    author.request["assets"][0]["uri"] = f"absent-{playing}.jpg"
    _, [video] = author.saved(author.write_over)
    page.wait_for_selector(f'video[src="{video["url"]}"]', state="attached")

    def arrived():
        seen = page.evaluate(
            "(({ seeking, readyState, currentTime, paused }) => ({ seeking, readyState, currentTime, paused }))"
            "(document.getElementById('video'))"
        )
        return seen if seen["readyState"] > 1 and not seen["seeking"] and seen["currentTime"] > 0 else None

    seen = author.command.until(arrived)
    if playing:
        assert seen["currentTime"] >= 2.4
    else:
        assert seen["currentTime"] == pytest.approx(2.4, abs=0.05)
        assert seen["paused"]
    warning = page.locator("#warning-list li", has_text="asset-missing").first
    assert f"absent-{playing}.jpg" in warning.locator(".message").text_content()
    assert "correct its uri" in warning.locator(".hint").text_content()
    assert warning.locator("button").text_content() == "The board, 0:01"
    assert page.faults == []


def test_page_shows_the_errors_beside_the_old_video_when_a_save_is_invalid(author, page):
    good = author.file.read_text()
    author.saved(lambda: author.file.write_text(good.replace('"turn_flow"', '"turning"')), phase="invalid")
    fault = page.locator("#fault-list li")
    assert fault.locator(".place").text_content() == "tutorial.json:{}:4".format(
        1 + good[: good.index('"turn_flow"')].count("\n")
    )
    assert page.locator("#state").text_content() == "Not valid: 1 error"
    assert page.locator("#video").is_visible()
    author.saved(lambda: author.file.write_text(good))
    page.wait_for_selector("#faults", state="hidden")
    assert page.faults == []


def test_nothing_is_left_when_the_command_is_interrupted_in_the_middle_of_a_render(author):
    since = len(author.told)
    author.request["options"] |= {"theme": {"background": "#302010"}}
    author.write_over()
    author.until("state", lambda told: told["phase"] == "rendering", since=since)
    children = descendants(author.command.process.pid)
    assert children
    author.command.process.send_signal(signal.SIGINT)
    assert author.command.process.wait(DEADLINE_S) == 0
    assert all(gone(child) for child in children)
    author.listening.join(DEADLINE_S)
    assert not author.listening.is_alive()
    places = Places(author.command.data_dir)
    assert [list(folder.iterdir()) for folder in (places.work, places.stage) if folder.exists()] in ([[], []], [[]])
    assert "Traceback" not in author.command.log.read_text()
