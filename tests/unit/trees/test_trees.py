"""A folder goes with all that is in it, however deep, and nothing else goes."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

import pytest

from preview_worker.trees import DEEPEST, REMOVING, remove_tree
from support.trees import DEEP, TOO_DEEP, deep_tree
from support.users import as_nobody

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders are opened, which POSIX alone can")


@pytest.fixture
def top(tmp_path):
    return tmp_path / "top"


def open_files():
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


def open_folders(top):
    """Those below a folder that this process has open, the deepest first."""
    found = (path for path in Path("/proc/self/fd").iterdir() if path.exists())
    return sorted((path.resolve() for path in found if path.resolve().is_relative_to(top)), key=str, reverse=True)


@cache
def audience():
    """Who hears of audit events; a hook can't be taken away again."""
    heard = []
    sys.addaudithook(lambda event, args: [hear(event, args) for hear in [*heard]])
    return heard


@pytest.fixture
def hearing():
    """A list to which the test adds who shall hear of audit events."""
    yield audience()
    audience().clear()


@pytest.mark.parametrize("levels", [0, 1, DEEPEST - 2, DEEPEST - 1, DEEPEST, DEEPEST + 1, 3 * DEEPEST, TOO_DEEP])
def test_a_tree_goes_whole_however_deep_it_is(top, levels):
    deep_tree(top, levels)
    before = open_files()
    remove_tree(top)
    assert not top.exists()
    assert open_files() == before


def test_a_tree_goes_whole_when_many_stand_below_the_deepest_open_folder(top):
    deep_tree(top, DEEPEST + 3)
    at = top
    for level in range(DEEPEST + 3):
        for number in range(5):
            (at / f"{number}-{level}" / "inner" / DEEP).mkdir(parents=True)
        at /= DEEP
    remove_tree(top)
    assert not top.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells what is open")
def test_no_more_folders_are_open_at_once_than_are_said(top, hearing):
    deep_tree(top, 200)
    counts, before = [], open_files()
    hearing.append(lambda event, _: counts.append(open_files() - before) if event == "os.rename" else None)
    remove_tree(top)
    assert not top.exists()
    assert set(counts) == {DEEPEST}


def test_a_wide_tree_goes_whole(top):
    for folder in range(30):
        (top / str(folder)).mkdir(parents=True)
        for file in range(30):
            (top / str(folder) / str(file)).touch()
    remove_tree(top)
    assert not top.exists()


def test_links_go_and_what_they_lead_to_stays(top, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    (top / "inner").mkdir(parents=True)
    for name, target in (("folder", outside), ("file", outside / "file"), ("nothing", tmp_path / "no"), ("up", "..")):
        (top / "inner" / name).symlink_to(target)
    os.mkfifo(top / "pipe")
    remove_tree(top)
    assert not top.exists()
    assert (outside / "file").exists()


def test_a_folder_that_becomes_a_link_is_not_followed(top, tmp_path, hearing):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    (top / "inner").mkdir(parents=True)

    def swap(event, args):
        if event == "open" and args[0] == "inner":
            hearing.clear()
            (top / "inner").rename(tmp_path / "was")
            (top / "inner").symlink_to(outside)

    hearing.append(swap)
    remove_tree(top)
    assert (tmp_path / "was").exists()
    assert [path.name for path in outside.iterdir()] == ["file"]


@pytest.mark.parametrize("kind", ["link", "file", "missing"])
def test_what_is_no_folder_stays(top, tmp_path, kind):
    outside = tmp_path / "outside"
    outside.mkdir()
    if kind == "link":
        top.symlink_to(outside)
    elif kind == "file":
        top.touch()
    before = sorted(tmp_path.iterdir())
    remove_tree(top)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets itself into folders that it may not read")
@pytest.mark.parametrize("mode", [0o000, 0o300, 0o500, 0o600])
def test_an_own_folder_goes_whatever_its_mode_is(tmp_path, monkeypatch, mode):
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)
    with as_nobody():
        shut = Path("top", "shut")
        (shut / "inner").mkdir(parents=True)
        (shut / "file").touch()
        shut.chmod(mode)
        remove_tree(Path("top"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets itself into folders that it may not read")
@pytest.mark.parametrize("mode", [0o000, 0o300, 0o500, 0o600])
@pytest.mark.parametrize("levels", [DEEPEST - 1, DEEPEST, DEEPEST + 1, 2 * DEEPEST - 1])
def test_an_own_folder_goes_whatever_its_mode_is_when_it_has_to_be_moved_first(tmp_path, monkeypatch, levels, mode):
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)
    with as_nobody():
        deep_tree(Path("top"), levels)
        shut = Path("top", *[DEEP] * levels)
        (shut / "inner").mkdir()
        (shut / "file").touch()
        shut.chmod(mode)
        remove_tree(Path("top"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root makes folders of another")
def test_the_folder_of_another_stays_and_all_else_goes(tmp_path, monkeypatch):
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)
    with as_nobody():
        Path("top", "inner").mkdir(parents=True)
        Path("top", "file").touch()
    foreign = Path("top", "inner", "foreign")
    foreign.mkdir(mode=0o700)
    (foreign / "file").touch()
    with as_nobody():
        remove_tree(Path("top"))
    assert sorted(str(path) for path in Path("top").rglob("*")) == [
        "top/inner",
        "top/inner/foreign",
        "top/inner/foreign/file",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells what is open")
@pytest.mark.parametrize(
    ("call", "name"), [("os.remove", "file"), ("os.rmdir", DEEP), ("open", DEEP), ("os.rename", DEEP), ("open", "top")]
)
def test_what_others_remove_meanwhile_is_fine(top, tmp_path, hearing, call, name):
    deep_tree(top, DEEPEST + 10)
    others = tmp_path / "others"
    others.mkdir()

    def take(event, args):
        """Somebody else moves it away the moment before it is touched."""
        if event == call and Path(args[0]).name == name:
            hearing.clear()
            where = top if name == "top" else next(filter(Path.exists, (path / name for path in open_folders(top))))
            where.rename(others / name)

    hearing.append(take)
    before = open_files()
    remove_tree(top)
    assert hearing == []
    assert open_files() == before
    assert not top.exists()


def test_a_removal_is_told_of_before_it_begins(top, hearing):
    heard = []
    hearing.append(lambda event, args: heard.append((args, top.exists())) if event == REMOVING else None)
    (top / "inner").mkdir(parents=True)
    remove_tree(top)
    assert heard == [((str(top),), True)]
