"""Early files: one attempt's at a time, whole under their names, gone when their time is over."""

from __future__ import annotations

import itertools
import os

import pytest

from preview_worker.storage.live import FORSAKEN_S, KEPT_AFTER_END_S, LiveFolder, live_file, sweep_live


@pytest.fixture
def live(tmp_path):
    return tmp_path / "live"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source"
    path.write_text("one")
    return path


def opened(live, fence=1, job="moon"):
    folder = LiveFolder(live / "games" / job, fence)
    folder.open()
    return folder


def ended_at_s(live, job="moon"):
    (mark,) = (live / "games" / job).rglob(".ended")
    return mark.stat().st_mtime


def test_file_is_replaced_whole_when_it_is_put_again(live, source):
    folder, job = opened(live), live / "games" / "moon"
    assert folder.put("index.m3u8", source)
    with live_file(job, "index.m3u8").open() as reader:
        source.unlink()
        source.write_text("one and two")
        assert folder.put("index.m3u8", source)
        assert reader.read() == "one"
    assert live_file(job, "index.m3u8").read_text() == "one and two"
    assert sorted(path.name for path in (job / "1").iterdir()) == ["index.m3u8"]


@pytest.mark.parametrize("name", ["../source", "/etc/passwd", ".ended", "absent.jpg", "", "a" * 300])
def test_nothing_else_is_found_by_a_name(live, source, name):
    folder = opened(live)
    folder.put("poster.jpg", source)
    folder.close()
    assert live_file(live / "games" / "moon", name) is None
    assert live_file(live / "games" / "moon", "poster.jpg") is not None


def test_attempt_before_shows_nothing_any_more_when_the_next_has_begun(live, source):
    zombie = opened(live, 2)
    zombie.put("poster.jpg", source)
    opened(live, 10)
    assert not zombie.put("poster.jpg", source)
    assert live_file(live / "games" / "moon", "poster.jpg") is None
    assert [path.name for path in (live / "games" / "moon").iterdir()] == ["10"]


def test_attempt_shows_nothing_when_a_later_one_had_begun_before_it(live, source):
    successor = opened(live, 2)
    successor.put("poster.jpg", source)
    zombie = opened(live, 1)
    assert not zombie.put("index.m3u8", source)
    assert live_file(live / "games" / "moon", "poster.jpg") is not None
    assert successor.put("index.m3u8", source)


def test_files_stay_for_a_quarter_of_an_hour_when_the_attempt_is_over(live, source):
    folder, job = opened(live), live / "games" / "moon"
    folder.put("poster.jpg", source)
    folder.close()
    end_s = ended_at_s(live)
    assert live_file(job, "poster.jpg", end_s + KEPT_AFTER_END_S - 1) is not None
    assert live_file(job, "poster.jpg", end_s + KEPT_AFTER_END_S + 1) is None
    assert sweep_live(live, end_s + KEPT_AFTER_END_S - 1) == ()
    assert sweep_live(live, end_s + KEPT_AFTER_END_S + 1) == ("moon",)
    assert list(live.iterdir()) == []


def test_folder_of_a_dead_worker_is_swept_when_nobody_wrote_to_it_for_an_hour(live, source):
    folder = opened(live)
    folder.put("poster.jpg", source)
    touched_s = (live / "games" / "moon" / "1").stat().st_mtime
    assert sweep_live(live, touched_s + FORSAKEN_S - 1) == ()
    assert sweep_live(live, touched_s + FORSAKEN_S + 1) == ("moon",)


def test_job_goes_on_when_early_files_cannot_be_written(live, source):
    live.write_text("a file where the folder should be")
    folder = opened(live)
    assert not folder.put("poster.jpg", source)
    folder.close()
    assert sweep_live(live) == ()


def test_removed_attempt_shows_nothing(live, source):
    folder = opened(live)
    folder.put("poster.jpg", source)
    folder.remove()
    assert live_file(live / "games" / "moon", "poster.jpg") is None
    assert not os.path.lexists(live / "games" / "moon" / "1")


def test_what_a_dead_worker_left_of_a_removed_attempt_goes_when_the_next_begins(live, source):
    opened(live).put("poster.jpg", source)
    job = live / "games" / "moon"
    (job / "1").rename(job / "1.0a1b2c3d")
    opened(live, fence=2)
    assert [folder.name for folder in job.iterdir()] == ["2"]


class Killed(BaseException):
    """The process dies here."""


def killed_after(patch, steps):
    """Die at one of the calls that remove something."""
    left = iter(range(steps))

    def dying(remove):
        def call(*args, **kwargs):
            if next(left, None) is None:
                raise Killed
            return remove(*args, **kwargs)

        return call

    for name in ("unlink", "rmdir"):
        patch.setattr(os, name, dying(getattr(os, name)))


@pytest.mark.parametrize("ended", [True, False])
def test_what_a_dying_sweep_leaves_is_hidden_and_goes_with_the_next(live, source, monkeypatch, ended):
    for steps in itertools.count():
        attempt, folder = live / "games" / "moon" / "1", opened(live)
        for name in ("poster.jpg", "index.m3u8", "0.m4s"):
            folder.put(name, source)
        if ended:
            folder.close()
        os.utime(attempt / ".ended" if ended else attempt, (1, 1))
        with monkeypatch.context() as patch:
            killed_after(patch, steps)
            try:
                sweep_live(live)
            except Killed:
                pass
            else:
                break
        assert live_file(live / "games" / "moon", "poster.jpg") is None
        sweep_live(live)
        assert not live.exists() or list(live.iterdir()) == [], steps
    assert steps > 4
