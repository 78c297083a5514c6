from __future__ import annotations

import base64
import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from preview_worker.assets.apart import AbandonedError
from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.library import AbsentAsset, AssetLibrary, Reference
from preview_worker.errors import AssetError, StorageError

PICTURE = b"picture"
SHA256 = hashlib.sha256(PICTURE).hexdigest()
DATA = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "assets"
    folder.mkdir()
    (folder / "board.png").write_bytes(PICTURE)
    return folder


@pytest.fixture
def library(tmp_path):
    return AssetLibrary(inline_dir=tmp_path / "inline", fetcher=Fetcher(frozenset()))


def collect(library, root, place, sha256=None):
    return library.collect([Reference(asset_id="a", place=place, sha256=sha256)], root=root)["a"]


@pytest.mark.parametrize("sha256", [None, SHA256, SHA256.upper()])
def test_a_file_is_known_by_its_hash_when_it_is_there(library, root, sha256):
    found = collect(library, root, "board.png", sha256)
    assert (found.sha256, found.size_bytes, found.path.read_bytes()) == (SHA256, len(PICTURE), PICTURE)


def test_a_file_is_refused_when_its_hash_is_another(library, root):
    with pytest.raises(AssetError, match=SHA256) as raised:
        collect(library, root, "board.png", "0" * 64)
    assert (raised.value.code, raised.value.retryable) == ("asset-hash-mismatch", False)


@pytest.mark.parametrize("place", [None, "absent.png"])
def test_an_asset_is_absent_when_no_file_is_there(library, root, place):
    assert isinstance(collect(library, root, place), AbsentAsset)


@pytest.mark.parametrize("place", ["/etc/passwd", "../x.png", "file:///etc/passwd", "C:\\x.png", "http://h/x.png"])
def test_a_place_is_refused_when_it_is_outside_the_project(library, root, place):
    with pytest.raises(AssetError) as raised:
        collect(library, root, place)
    assert raised.value.code == "asset-refused"


def test_inline_bytes_become_a_file_once(library, root, tmp_path):
    first, second = collect(library, root, DATA), collect(library, root, DATA)
    assert first == second
    assert [path.name for path in (tmp_path / "inline").iterdir()] == [SHA256]
    assert first.path.read_bytes() == PICTURE


def test_inline_bytes_become_a_file_when_many_threads_bring_them_at_once(library, root, tmp_path):
    start = threading.Barrier(8)

    def bring(_number):
        start.wait(5)
        return collect(library, root, DATA)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(bring, range(8)))
    assert {asset.sha256 for asset in found} == {SHA256}
    assert [path.name for path in (tmp_path / "inline").iterdir()] == [SHA256]


def test_an_inline_asset_is_a_storage_error_when_it_can_not_be_kept(root, tmp_path):
    (tmp_path / "inline").touch()  # where a folder should be
    library = AssetLibrary(inline_dir=tmp_path / "inline", fetcher=Fetcher(frozenset()))
    with pytest.raises(StorageError):
        collect(library, root, DATA)


def test_another_hash_is_found_when_a_file_changes_within_one_tick_of_the_clock(library, root):
    board = root / "board.png"
    stamp = board.stat()
    assert collect(library, root, "board.png").sha256 == SHA256
    board.write_bytes(PICTURE[::-1])
    os.utime(board, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert collect(library, root, "board.png").sha256 == hashlib.sha256(PICTURE[::-1]).hexdigest()


def test_an_https_asset_is_refused_when_its_host_is_not_allowed(library, root):
    with pytest.raises(AssetError, match=r"files\.invalid") as raised:
        collect(library, root, "https://files.invalid/board.png")
    assert raised.value.code == "asset-refused"
    assert "PREVIEW_ASSET_HOSTS" in raised.value.hint


def test_no_further_asset_is_looked_for_once_nobody_waits(library, root):
    ended = threading.Event()
    ended.set()
    with pytest.raises(AbandonedError):
        library.collect([Reference(asset_id="a", place="board.png", sha256=None)], root=root, ended=ended)


def settle(path):
    """Give a file the age from which its hash is remembered."""
    hour_ago_ns = path.stat().st_mtime_ns - 3600 * 10**9
    os.utime(path, ns=(hour_ago_ns, hour_ago_ns))


def test_a_file_is_not_read_again_when_it_was_only_given_another_name(library, root, tmp_path, monkeypatch):
    settle(root / "board.png")
    found = collect(library, root, "board.png")
    os.link(root / "board.png", tmp_path / "another name")
    library.linked([found, AbsentAsset(reason="no file")])

    def refuse(*_arguments, **_options):
        raise OSError("it was opened")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert collect(library, root, "board.png") == found
    os.utime(root / "board.png")
    with pytest.raises(StorageError, match="it was opened"):
        collect(library, root, "board.png")


@pytest.mark.parametrize("is_moved_back", [False, True])
def test_a_file_is_read_again_when_it_changed_before_or_after_it_was_given_another_name(library, root, is_moved_back):
    path = root / "board.png"
    settle(path)
    found = collect(library, root, "board.png")
    if is_moved_back:  # changed in place, of the same size and age: only the time of its last change tells
        library.linked([found])
        before = path.stat()
        path.write_bytes(PICTURE[::-1])
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    else:
        path.write_bytes(PICTURE[::-1])
        library.linked([found])
    assert collect(library, root, "board.png").sha256 == hashlib.sha256(PICTURE[::-1]).hexdigest()
